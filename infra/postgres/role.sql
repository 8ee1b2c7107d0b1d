-- One login role, made or brought to what it should be. `openward.role` is a JSON object: name, verifier (of the
-- password), connections, settings.
do $$
declare
    role constant jsonb := current_setting('openward.role');
    role_name constant text := role ->> 'name';
    setting record;
begin
    if not exists (select from pg_roles where rolname = role_name) then
        execute format('create role %I', role_name);
    end if;
    execute format(
        'alter role %I with login noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls '
        'connection limit %s password %L',
        role_name, (role ->> 'connections')::int, role ->> 'verifier'
    );
    execute format('alter role %I reset all', role_name);
    for setting in select * from jsonb_each_text(role -> 'settings') loop
        execute format('alter role %I set %I = %L', role_name, setting.key, setting.value);
    end loop;
end $$;
