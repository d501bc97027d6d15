//! Random input: everything is either computed or refused, and what comes after is as if it had not been.

use alpha_kite_wasm::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::columns::{Columns, read_text, write_text};

fn engine(basis: u32) -> u32 {
    u32::try_from(engine_new(write_text(b"QQQ"), 60, basis)).unwrap()
}

fn snapshot(engine: u32) -> Vec<u8> {
    write_text(b"");
    read_text(usize::try_from(engine_snapshot(engine)).unwrap())
}

/// Seeded random numbers.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end
    }

    /// A double, mostly one that means trouble.
    fn double(&mut self) -> f64 {
        let odd =
            [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, -1.0, 0.5, 1e13, 1e14, 1e300, 5e-324, 8.64e15, 1e7];
        match self.below(4) {
            0 => odd[self.below(odd.len() as u64) as usize],
            1 => f64::from_bits(self.next()),
            2 => self.below(1 << 40) as f64,
            _ => 1_549_895_400_000.0 + (self.below(1 << 24) * 1000) as f64,
        }
    }

    /// Bits for a column: a double or an integer.
    fn bits(&mut self) -> i64 {
        match self.below(3) {
            0 => self.double().to_bits().cast_signed(),
            1 => self.next().cast_signed(),
            _ => self.below(1 << 44).cast_signed(),
        }
    }

    fn text(&mut self) -> String {
        let characters = ['0', '9', '.', '-', 'e', '+', 'Q', '|', ' ', 'q', '\u{fffd}', '\u{1f600}', '\0'];
        (0..self.below(60)).map(|_| characters[self.below(characters.len() as u64) as usize]).collect()
    }
}

#[wasm_bindgen_test]
fn random_calls_compute_or_refuse() {
    let mut random = Random(20_190_211);
    let columns = Columns::new(200);
    for round in 0..2000 {
        let basis = random.below(2) as u32;
        assert_eq!(engine_new(write_text(b"QQQ"), 60, basis + 2), -12);
        let engine = engine(basis);
        for column in [0, 1, 2, 5, 6, 7] {
            let plain = random.below(4) != 0;
            let values: Vec<i64> = (0..200)
                .map(|row| {
                    if plain {
                        if column == 0 { 1_549_895_400_000 + row * 1000 } else { 1_000_000 + row }
                    } else {
                        random.bits()
                    }
                })
                .collect();
            columns.integers(column, 200).copy_from(&values);
        }
        let rows = if random.below(8) == 0 { random.next() as u32 } else { random.below(201) as u32 };
        let doubles = random.below(9) as u32;
        let before = snapshot(engine);
        let status = engine_push_columns(engine, columns.0, rows, doubles);
        assert!(status <= 0.0 && (rows <= 200 || status == -9.0), "round {round}: {status}");
        if status < 0.0 {
            assert_eq!(snapshot(engine), before, "round {round}");
        }
        let report = u32::try_from(report_new(write_text(b"QQQ"), 60, basis, random.below(2) == 0)).unwrap();
        assert!(report_add(report, columns.0, rows, doubles) <= 0.0);
        assert!(report_length(report, 0) <= 200 && report_length(report, 1) <= 200);
        object_free(report);
        let resampler = u32::try_from(resampler_new(random.below(100_000) as u32)).unwrap_or(u32::MAX);
        assert!(resampler_push(resampler, columns.0, rows, doubles) <= f64::from(rows));
        assert!(resampler_finish(resampler, columns.0) <= 1.0);
        object_free(resampler);
        for _ in 0..20 {
            let [time, high, low, close, volume] = [(); 5].map(|()| random.double());
            for (column, value) in [(0, time), (1, close), (2, volume), (5, high), (6, low)] {
                columns.doubles(column, 1).set_index(0, value);
            }
            let before = snapshot(engine);
            assert!(engine_push_row(engine, columns.0, random.below(2) == 0) <= 3);
            assert!(engine_push(engine, time, close, volume) <= 3 || snapshot(engine) == before);
            let _ = signal_id(
                random.below(200) as u32,
                random.next() as u32,
                time,
                random.below(3) as i32 - 1,
                random.below(3) as u32,
            );
        }
        object_free(engine);
        let text = random.text();
        let length = write_text(text.as_bytes());
        let _ = parse_price(length);
        assert!(engine_restore(length) < 0);
        let made = engine_new(write_text(text.as_bytes()), random.next() as u32, 0);
        object_free(u32::try_from(made).unwrap_or(u32::MAX));
        let _ = session_on(random.next() as i32);
        let _ = parse_price(random.next() as u32);
    }
}

#[wasm_bindgen_test]
fn altered_snapshots_are_refused() {
    let engine = engine(0);
    assert_eq!(engine_push(engine, 1_549_895_400_000.0, 169.27, 100.0), 2);
    let snapshot = snapshot(engine);
    assert_eq!(snapshot.len(), 124);
    object_free(engine);
    for at in 0..snapshot.len() {
        let mut altered = snapshot.clone();
        altered[at] ^= 1;
        assert_eq!(engine_restore(write_text(&altered)), -13, "byte {at}");
        assert_eq!(engine_restore(write_text(&snapshot[..at])), -13, "length {at}");
    }
}

#[wasm_bindgen_test]
fn memory_is_refused_beyond_the_limit_and_given_back() {
    assert_eq!((columns_new((1 << 24) + 1, 0), columns_new(u32::MAX, 2)), (-14, -14));
    let pages = || {
        js_sys::Reflect::get(&wasm_bindgen::memory(), &"buffer".into())
            .map(|buffer| js_sys::ArrayBuffer::from(buffer).byte_length())
    };
    let mut after_first = None;
    for _ in 0..20 {
        let columns = columns_new(1 << 20, 2);
        assert!(columns >= 0);
        object_free(columns as u32);
        let found = pages().unwrap();
        assert_eq!(*after_first.get_or_insert(found), found);
    }
}

#[wasm_bindgen_test]
fn numbers_that_stand_for_nothing_are_refused() {
    for number in [0, 7, u32::MAX] {
        object_free(number);
        object_free(number);
        assert_eq!(engine_push(number, 0.0, 0.0, 0.0), -15);
        assert_eq!(engine_push_columns(number, number, 0, 0), -15.0);
        assert_eq!((report_add(number, 0, 0, 0), resampler_finish(number, 0)), (-15.0, -15.0));
        assert!(
            engine_values(number).is_null()
                && columns_offset(number, 1).is_null()
                && report_offset(number, 0).is_null()
        );
        assert_eq!((engine_snapshot(number), engine_basis(number), engine_day(number)), (-15, -15, -15));
    }
}

#[wasm_bindgen_test]
fn refusals_name_the_row() {
    let columns = Columns::new(100);
    let engine = engine(0);
    let write = || {
        for column in [0, 1, 2, 5, 6, 7] {
            let values: Vec<i64> =
                (0..100).map(|row| if column == 0 { 1_549_895_400_000 + row * 1000 } else { 1000 }).collect();
            columns.integers(column, 100).copy_from(&values);
        }
    };
    let cases = [
        (0, 40, 1_549_895_400_000, -7),
        (1, 41, -1, -3),
        (2, 42, -1, -4),
        (0, 43, i64::MAX, -2),
        (2, 44, 10_000_000_000_000, -6),
        (5, 45, -1, -3),
        (7, 46, i64::MAX, -3),
    ];
    for (column, row, wrong, code) in cases {
        write();
        columns.integers(column, 100).set_index(row, wrong);
        let status = engine_push_columns(engine, columns.0, 100, 0);
        assert_eq!(status, f64::from(code) - 32.0 * f64::from(row + 1), "column {column}");
    }
    write();
    assert_eq!(engine_push_columns(engine, columns.0, 100, 0), 0.0);
    object_free(engine);
}
