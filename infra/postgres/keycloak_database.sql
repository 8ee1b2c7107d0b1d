-- Keycloak's own database: its role makes the tables, nobody else connects. Run in that database, as often as you like.
do $$
begin
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect, temporary on database %I to keycloak', current_database());
end $$;

revoke all on schema public from public;
alter schema public owner to keycloak;
