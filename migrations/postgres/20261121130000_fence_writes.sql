-- Only the process that holds a lease may write under it: one that slept through its end must not change what the next one
-- has stored.

alter table leases add column tenure bigint not null default 0; -- counts takeovers: a write names the one it belongs to

-- Fails unless the lease is held by that process since that takeover. The lock makes a takeover wait until the writer's
-- transaction has ended, and the writer until a takeover has: one of the two comes first.
create function require_lease(lease text, process text, takeover bigint)
returns void
language plpgsql
as $$
begin
    perform from leases where name = lease and holder = process and tenure = takeover for share;
    if not found then
        raise exception 'lease % has another holder', lease using errcode = 'KITE1';
    end if;
end;
$$;

-- Nobody's business but the owner's.
do $$
declare
    reader text;
begin
    revoke all on function require_lease(text, text, bigint) from public;
    foreach reader in array array['anon', 'authenticated'] loop
        if exists (select from pg_roles where rolname = reader) then
            execute format('revoke all on function require_lease(text, text, bigint) from %I', reader);
        end if;
    end loop;
end
$$;
