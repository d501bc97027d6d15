-- One line a session and series: the hashes by which a chart and this database prove that they agree.

create table session_digests (
    ticker      text        not null, -- as in equity_data
    date        date        not null, -- the session's date in New York
    bar_seconds integer     not null, -- the series
    rule        text        not null, -- as in indicators
    bars        integer     not null, -- bars that both hashes cover; hashes compare at the same number only
    crosses     integer     not null, -- crosses among these bars
    digest      text        not null, -- 16 hex digits, over start, SMA9, VWAP and cross of every bar
    row_digest  text        not null, -- 16 hex digits, over start, prices and volume of every bar
    updated_at  timestamptz not null default now(), -- when the line last changed
    constraint session_digests_key primary key (ticker, date, bar_seconds),
    constraint session_digests_ticker_check check (
        ticker = upper(ticker) and position('|' in ticker) = 0 and length(ticker) between 1 and 32),
    constraint session_digests_bar_seconds_check check (bar_seconds > 0),
    constraint session_digests_counts_check check (bars >= 0 and crosses between 0 and bars),
    constraint session_digests_digest_check check (
        digest ~ '^[0-9a-f]{16}$' and row_digest ~ '^[0-9a-f]{16}$')
);
