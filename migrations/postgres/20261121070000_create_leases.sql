-- Who may do what only one process may do at a time, as holding the one streamer connection of an account.

create table leases (
    name       text        not null, -- what is held, as 'streamer'
    holder     text        not null, -- which process; a text of its own making
    expires_at timestamptz not null, -- by this database's clock; the lease is anybody's from then on
    constraint leases_key primary key (name)
);

-- Nobody's business but the owner's: no policy, so nobody else sees a row.
alter table leases enable row level security;
do $$
declare
    reader text;
begin
    revoke all on leases from public;
    foreach reader in array array['anon', 'authenticated'] loop
        if exists (select from pg_roles where rolname = reader) then
            execute format('revoke all on leases from %I', reader);
        end if;
    end loop;
end
$$;
