-- Holes in the stream, and what became of them: which moments were missed, why, and how well the price
-- history filled them. The chart marks them.

create table gaps (
    ticker        text        not null, -- as in equity_data
    started_at    timestamptz not null, -- the first moment missed
    ended_at      timestamptz,          -- the first moment seen again; null while the hole lasts
    cause         text        not null, -- one word: disconnect, silence, crash, ...
    state         text        not null, -- see gaps_state_check
    shares_missed bigint,               -- change of the day's total volume across the hole; null where it is not known
    rows_added    integer     not null default 0, -- backfill rows that the repair stored
    detail        text,                 -- why the hole is partial or unrecoverable; null where there is nothing to say
    detected_at   timestamptz not null, -- when the hole was noticed
    repaired_at   timestamptz,          -- when the state left 'open'; null before
    constraint gaps_key primary key (ticker, started_at),
    constraint gaps_ticker_check check (
        ticker = upper(ticker) and position('|' in ticker) = 0 and length(ticker) between 1 and 32),
    constraint gaps_order_check check (ended_at > started_at),
    constraint gaps_cause_check check (cause ~ '^[a-z]+(-[a-z]+)*$' and length(cause) <= 32),
    -- open: not filled yet; repaired: every minute has the candle's volume; partial: some minute does not;
    -- unrecoverable: the history had nothing for the whole hole
    constraint gaps_state_check check (state in ('open', 'repaired', 'partial', 'unrecoverable')),
    constraint gaps_shares_missed_check check (shares_missed >= 0),
    constraint gaps_rows_added_check check (rows_added >= 0),
    constraint gaps_repaired_at_check check ((repaired_at is null) = (state = 'open'))
);

-- What is left to repair is asked for on every start and after every reconnect.
create index gaps_open_idx on gaps (ticker, started_at) where state = 'open';
