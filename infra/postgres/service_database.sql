-- Who may do what in the database of one service, `openward.service`. Run in that database, as often as you like.
-- What the runtime role may do with each table is granted by the migration that makes the table.
do $$
declare
    runtime constant text := current_setting('openward.service');
    owner constant text := runtime || '_owner';
begin
    execute format('revoke all on database %I from public', current_database());
    -- create: for the extensions that PostgreSQL calls trusted
    execute format('grant connect, create, temporary on database %I to %I', current_database(), owner);
    execute format('grant connect on database %I to %I', current_database(), runtime);

    revoke all on schema public from public;
    execute format('alter schema public owner to %I', owner);
    execute format('grant usage on schema public to %I', runtime);
end $$;
