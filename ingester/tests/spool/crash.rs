//! Every change of a file fails in turn, or is the last one before a crash.

use std::collections::BTreeSet;
use std::path::Path;

use alpha_kite::spool::{Spool, SpoolError};

use crate::memory::{Fault, Left, Memory};
use crate::samples::{drain, number_of, numbered, tenure};

const MAX_BYTES: u64 = 100_000;

fn open(memory: &Memory) -> Result<Spool, SpoolError> {
    Spool::open_with(Box::new(memory.clone()), Path::new("/spool"), MAX_BYTES)
}

/// What a run was told.
#[derive(Debug, Default)]
struct Told {
    /// Appended for certain.
    appended: BTreeSet<i64>,
    /// Appending them failed, at least once.
    refused: BTreeSet<i64>,
    /// Acknowledged for certain.
    acknowledged: BTreeSet<i64>,
    /// Acknowledging them failed, at least once.
    doubtful: BTreeSet<i64>,
}

impl Told {
    fn append(&mut self, spool: &mut Spool, number: i64) -> Result<(), SpoolError> {
        // Large enough that every second record begins a new file.
        let result = spool.append(&tenure(), &[numbered(number, 45)]);
        let set = if result.is_ok() { &mut self.appended } else { &mut self.refused };
        set.insert(number);
        result
    }

    fn acknowledge(&mut self, spool: &mut Spool) -> Result<(), SpoolError> {
        let Some(pending) = spool.peek()? else { return Ok(()) };
        let number = number_of(&pending.batches);
        let result = spool.acknowledge(&pending);
        let set = if result.is_ok() { &mut self.acknowledged } else { &mut self.doubtful };
        set.insert(number);
        result
    }

    /// Whether what came out is what must, in order.
    #[track_caller]
    fn check(&self, drained: &[i64], context: &str) {
        assert!(drained.is_sorted(), "{context}: {drained:?}");
        let drained: BTreeSet<i64> = drained.iter().copied().collect();
        for number in &self.appended {
            let may_be_gone = self.acknowledged.contains(number) || self.doubtful.contains(number);
            assert!(may_be_gone || drained.contains(number), "{context}: {number} is lost, {self:?}");
        }
        for number in &drained {
            let is_known = self.appended.contains(number) || self.refused.contains(number);
            assert!(is_known && !self.acknowledged.contains(number), "{context}: {number} came again, {self:?}");
        }
    }
}

/// Appends, acknowledges and opens again; `stubborn` tries each step twice.
fn run(memory: &Memory, told: &mut Told, stubborn: bool) -> Result<(), SpoolError> {
    let again = |result: Result<(), SpoolError>| if stubborn { Ok(()) } else { result };
    let mut spool = open(memory).or_else(|error| if stubborn { open(memory) } else { Err(error) })?;
    for number in 1..=12 {
        if let Err(error) = told.append(&mut spool, number) {
            again(Err(error))?;
            told.append(&mut spool, number)?;
        }
        if number % 3 == 0 {
            for _ in 0..2 {
                if let Err(error) = told.acknowledge(&mut spool) {
                    again(Err(error))?;
                    told.acknowledge(&mut spool)?;
                }
            }
        }
        if number == 8 {
            drop(spool);
            spool = open(memory).or_else(|error| if stubborn { open(memory) } else { Err(error) })?;
        }
    }
    // What is left can be taken, in order.
    if stubborn {
        let mut taken = Vec::new();
        for _ in 0..20 {
            let Some(pending) = spool.peek()? else { break };
            taken.push(number_of(&pending.batches));
            if told.acknowledge(&mut spool).is_err() {
                taken.pop();
            }
        }
        let expected: Vec<i64> = (9..=12).collect();
        assert_eq!(taken, expected);
    }
    Ok(())
}

#[test]
fn a_crash_at_any_change_loses_nothing_that_was_promised() {
    let mut crashes = 0;
    for at in 1.. {
        let memory = Memory::default();
        memory.set(Fault::From(at));
        let mut told = Told::default();
        let ended = run(&memory, &mut told, false);
        if !memory.has_failed() {
            ended.unwrap();
            break;
        }
        crashes += 1;
        for contents in Left::ALL {
            for names in [Left::Nothing, Left::Everything] {
                let context = format!("crash at change {at}, of contents {contents:?}, of names {names:?}");
                let after = memory.after_crash(contents, names);
                let mut spool = open(&after).unwrap_or_else(|error| panic!("{context}: {error}"));
                spool.append(&tenure(), &[numbered(99, 1)]).unwrap();
                let drained = drain(&mut spool).unwrap();
                assert_eq!(drained.last(), Some(&99), "{context}");
                told.check(&drained[..drained.len() - 1], &context);
                // And nothing comes back.
                drop(spool);
                assert_eq!(drain(&mut open(&after).unwrap()).unwrap(), Vec::<i64>::new(), "{context}");
            }
        }
    }
    assert!(crashes > 50, "only {crashes} changes");
}

#[test]
fn a_crash_after_a_failure_loses_nothing_either() {
    for at in 1.. {
        let memory = Memory::default();
        memory.set(Fault::Once(at));
        let mut told = Told::default();
        run(&memory, &mut told, true).unwrap();
        if !memory.has_failed() {
            break;
        }
        assert_eq!(told.appended.len(), 12, "failure at change {at}");
    }
}

#[test]
fn two_failures_do_no_more_harm_than_one() {
    // The first one, and then everything for a while: also what would mend the first.
    for first in 1..60 {
        let memory = Memory::default();
        let mut spool = open(&memory).unwrap();
        let mut told = Told::default();
        told.append(&mut spool, 1).unwrap();
        memory.set(Fault::From(first));
        for number in 2..9 {
            let _ = told.append(&mut spool, number);
            if number == 5 {
                let _ = told.acknowledge(&mut spool);
            }
        }
        memory.set(Fault::Never);
        for number in 9..12 {
            told.append(&mut spool, number).unwrap();
        }
        for contents in Left::ALL {
            let after = memory.after_crash(contents, Left::Nothing);
            told.check(&drain(&mut open(&after).unwrap()).unwrap(), &format!("failures from {first}, {contents:?}"));
        }
        told.check(&drain(&mut spool).unwrap(), &format!("failures from {first}"));
    }
}

#[test]
fn a_full_disk_leaves_the_spool_as_it_was() {
    for capacity in (100..20_000).step_by(137) {
        let memory = Memory::default();
        memory.set_capacity(capacity);
        let mut spool = open(&memory).unwrap();
        let mut told = Told::default();
        let full = (1..).find_map(|number| told.append(&mut spool, number).err()).unwrap();
        assert!(full.is_disk_full(), "{capacity}: {full}");
        // Reading and acknowledging need no room.
        assert!(told.append(&mut spool, 50).is_err());
        if told.appended.len() > 1 {
            told.acknowledge(&mut spool).unwrap();
        }
        memory.set_capacity(usize::MAX);
        told.append(&mut spool, 51).unwrap();
        for contents in Left::ALL {
            let mut after = open(&memory.after_crash(contents, Left::Nothing)).unwrap();
            let drained = drain(&mut after).unwrap();
            told.check(&drained, &format!("{capacity}"));
            assert_eq!(drained.last(), Some(&51));
        }
        told.check(&drain(&mut spool).unwrap(), &format!("{capacity}"));
    }
}
