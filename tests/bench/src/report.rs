//! Makes Markdown of the lines that several processes measured.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::input::Result;
use crate::measure::median;
use crate::peers::{BATCH, Exactness, OURS, Peer, STREAM};

/// The numbers of one process: by kind, input and peer.
struct Process {
    build: String,
    /// Names of the inputs, with their rows and exact crosses.
    inputs: Vec<(String, [String; 2])>,
    numbers: BTreeMap<(String, String, String), Vec<f64>>,
}

pub(crate) fn report(files: &[&str]) -> Result<String> {
    let processes =
        files.iter().map(|file| Process::read(&std::fs::read_to_string(file)?)).collect::<Result<Vec<_>>>()?;
    let first = processes.first().ok_or("no file")?;
    let mut text = machine();
    let mut builds: Vec<&str> = processes.iter().map(|process| process.build.as_str()).collect();
    builds.sort_unstable_by_key(|build| *build != "portable");
    builds.dedup();
    for build in &builds {
        let of_build: Vec<&Process> = processes.iter().filter(|process| process.build == *build).collect();
        for (kind, title, peers) in [
            ("batch", "Columns, nanoseconds a row", BATCH.as_slice()),
            ("stream", "Row by row, nanoseconds a row", STREAM.as_slice()),
        ] {
            writeln!(text, "\n### {title}: {build} build\n")?;
            text += &table(first, peers, |input, peer| cell(&of_build, kind, input, peer.name));
        }
    }
    for (kind, title, peers) in [
        ("wrong batch", "Rows with a wrong cross: columns", BATCH.as_slice()),
        ("wrong stream", "Rows with a wrong cross: row by row", STREAM.as_slice()),
    ] {
        writeln!(text, "\n### {title}\n")?;
        text += &table(first, peers, |input, peer| {
            let counts = first.numbers(kind, input, peer.name)?;
            Some(if peer.exactness == Exactness::Exact {
                counts[0].to_string()
            } else {
                format!("{} / {}", counts[0], counts[1])
            })
        });
    }
    writeln!(text, "\n### Share of the values that are not the nearest double: columns, SMA9 / VWAP\n")?;
    text += &table(first, &BATCH, |input, peer| {
        let counts = first.numbers("wrong batch", input, peer.name)?;
        let rows = first.numbers("rows", input, "")?[0];
        Some(format!("{:.0} % / {:.0} %", 100.0 * counts[2] / rows, 100.0 * counts[3] / rows))
    });
    writeln!(text, "\n### Inputs\n\n| input | rows | exact crosses |\n|---|--:|--:|")?;
    for (name, [rows, crosses]) in &first.inputs {
        writeln!(text, "| {name} | {rows} | {crosses} |")?;
    }
    Ok(text)
}

/// A row a peer and a column an input, without the peers that have no cell.
fn table(process: &Process, peers: &[Peer], cell: impl Fn(&str, &Peer) -> Option<String>) -> String {
    let inputs: Vec<&str> = process.inputs.iter().map(|input| input.0.as_str()).collect();
    let mut text = format!("| | {} |\n|---|{}\n", inputs.join(" | "), "--:|".repeat(inputs.len()));
    for peer in peers {
        let cells: Option<Vec<String>> = inputs.iter().map(|input| cell(input, peer)).collect();
        if let Some(cells) = cells {
            let name = if peer.name == OURS { format!("**{OURS}**") } else { peer.name.to_owned() };
            text += &format!("| {name} | {} |\n", cells.join(" | "));
        }
    }
    text
}

/// Median time over the processes, and the median of the ratios to this project's time in the same process.
fn cell(processes: &[&Process], kind: &str, input: &str, peer: &str) -> Option<String> {
    let times = |peer: &str| -> Option<Vec<f64>> {
        processes.iter().map(|process| Some(process.numbers(kind, input, peer)?[0])).collect()
    };
    let (ours, theirs) = (times(OURS)?, times(peer)?);
    let ratios = theirs.iter().zip(&ours).map(|(theirs, ours)| theirs / ours).collect();
    Some(format!("{:.2} ({:.2}×)", median(theirs), median(ratios)))
}

impl Process {
    fn read(text: &str) -> Result<Self> {
        let mut process = Self { build: String::new(), inputs: Vec::new(), numbers: BTreeMap::new() };
        for line in text.lines() {
            match line.split('\t').collect::<Vec<_>>()[..] {
                ["build", build] => process.build = build.to_owned(),
                ["input", name, rows, crosses] => {
                    process.inputs.push((name.to_owned(), [rows.to_owned(), crosses.to_owned()]));
                    process.numbers.insert(("rows".to_owned(), name.to_owned(), String::new()), vec![rows.parse()?]);
                }
                [kind, input, peer, ref numbers @ ..] => {
                    let numbers = numbers.iter().map(|number| number.parse()).collect::<std::result::Result<_, _>>()?;
                    process.numbers.insert((kind.to_owned(), input.to_owned(), peer.to_owned()), numbers);
                }
                _ => return Err(format!("not a line of `measure`: {line}").into()),
            }
        }
        Ok(process)
    }

    fn numbers(&self, kind: &str, input: &str, peer: &str) -> Option<&[f64]> {
        self.numbers.get(&(kind.to_owned(), input.to_owned(), peer.to_owned())).map(Vec::as_slice)
    }
}

/// The processor, the compiler and the versions of the crates.
fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown", |name| name.trim_matches([' ', '\t', ':']));
    let rustc = std::process::Command::new("rustc").arg("--version").output();
    let rustc =
        rustc.map_or_else(|_| "unknown".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let lock: Vec<&str> = include_str!("../Cargo.lock").lines().collect();
    let version = |name: &&str| {
        let wanted = format!("name = \"{name}\"");
        let version =
            lock.windows(2).find(|lines| lines[0] == wanted)?[1].trim_start_matches("version = ").trim_matches('"');
        Some(format!("{name} {version}"))
    };
    let crates: Vec<String> = ["ta", "yata", "rust_ti", "wickra", "kand"].iter().filter_map(version).collect();
    format!("Processor: {cpu}, {cores} cores. Compiler: {rustc}. Crates: {}.\n", crates.join(", "))
}
