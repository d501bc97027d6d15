-- Who may do what. Readers (on Supabase the roles anon and authenticated) may read the market tables and nothing
-- else; the service role writes; the ledger takes new events only. Plain PostgreSQL lacks these roles: there the
-- owner writes, and grants what it wants to whom it wants.

do $$
declare
    market_table text;
    table_sequence text;
    reader text;
begin
    foreach market_table in array array[
        'equity_data', 'indicators', 'signals', 'gaps', 'session_digests', 'streaming_metrics'
    ] loop
        execute format('alter table %I enable row level security', market_table);
        execute format('drop policy if exists "Public read access" on %I', market_table);
        execute format('create policy "Public read access" on %I for select using (true)', market_table);
        execute format('revoke all on %I from public', market_table);

        -- Supabase grants everything on a new table to its three roles, truncate included, which no policy stops.
        foreach reader in array array['anon', 'authenticated'] loop
            if exists (select from pg_roles where rolname = reader) then
                execute format('revoke all on %I from %I', market_table, reader);
                execute format('grant select on %I to %I', market_table, reader);
            end if;
        end loop;

        if exists (select from pg_roles where rolname = 'service_role') then
            execute format('revoke all on %I from service_role', market_table);
            execute format('drop policy if exists "Service role writes" on %I', market_table);
            execute format(
                'create policy "Service role writes" on %I to service_role using (true) with check (true)',
                market_table);
            if market_table = 'signals' then
                grant select, insert on signals to service_role;
            else
                execute format('grant select, insert, update, delete on %I to service_role', market_table);
            end if;
        end if;
    end loop;

    -- The numbers behind the `id` columns: an adopted indicators table has one too.
    for table_sequence in
        select pg_get_serial_sequence(attrelid::regclass::text, attname)
        from pg_attribute
        where attrelid in ('equity_data'::regclass, 'indicators'::regclass)
          and attname = 'id' and not attisdropped
          and pg_get_serial_sequence(attrelid::regclass::text, attname) is not null
    loop
        execute format('revoke all on sequence %s from public', table_sequence);
        foreach reader in array array['anon', 'authenticated'] loop
            if exists (select from pg_roles where rolname = reader) then
                execute format('revoke all on sequence %s from %I', table_sequence, reader);
            end if;
        end loop;
        if exists (select from pg_roles where rolname = 'service_role') then
            execute format('grant usage on sequence %s to service_role', table_sequence);
        end if;
    end loop;

    -- Tables that are nobody's business but the owner's: no policy, so nobody else sees a row.
    foreach market_table in array array['streaming_metrics_legacy', 'alpha_kite_migrations'] loop
        if to_regclass(market_table) is not null then
            execute format('alter table %I enable row level security', market_table);
            execute format('revoke all on %I from public', market_table);
            foreach reader in array array['anon', 'authenticated'] loop
                if exists (select from pg_roles where rolname = reader) then
                    execute format('revoke all on %I from %I', market_table, reader);
                end if;
            end loop;
        end if;
    end loop;
end
$$;
