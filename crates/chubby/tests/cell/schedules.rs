//! Random schedules: clients lock, write and read two files while servers and clients crash, sleep
//! and lose one another. The checks of the cell hold at every step; each file is a register whose
//! generations never go back in real time; and in calm all calls end.

use std::collections::BTreeMap;

use squall_chubby::database::LockMode;
use squall_chubby::{Op, Reply, Settings};
use squall_process::{OpId, Outcome, ProcessId, Randomness, Span};

use crate::cell::{Cell, c, h, n, open, read, write};

const CLIENTS: u32 = 3;

/// A call, and what was surely known of its file when it began.
struct Asked {
    file: usize,
    writes: Option<String>,
    known: u64,
}

#[derive(Default)]
struct Registers {
    asked: BTreeMap<OpId, Asked>,
    /// The highest generation that any answer told, for each file.
    known: [u64; 2],
    contents: [BTreeMap<u64, String>; 2],
}

impl Registers {
    fn ask(&mut self, id: OpId, file: usize, writes: Option<String>) {
        self.asked.insert(id, Asked { file, writes, known: self.known[file] });
    }

    /// Looks at the answers that came.
    fn look(&mut self, cell: &Cell) {
        let answered: Vec<OpId> =
            self.asked.keys().copied().filter(|id| cell.outcomes.contains_key(id)).collect();
        for id in answered {
            let Asked { file, writes, known } = self.asked.remove(&id).expect("it was asked");
            let Outcome::Done(reply) = &cell.outcomes[&id] else { continue };
            let (generation, text) = match (reply, writes) {
                (Reply::File { contents, stat }, _) => {
                    (stat.content_generation, contents.to_string())
                }
                (Reply::Stat(stat), Some(text)) => {
                    let generation = stat.content_generation;
                    assert!(generation > known, "{id} writes the past\n{}", cell.story());
                    (generation, text)
                }
                _ => continue,
            };
            assert!(generation >= known, "{id} reads the past\n{}", cell.story());
            let told = self.contents[file].entry(generation).or_insert_with(|| text.clone());
            assert_eq!(*told, text, "{id}: two contents of one generation\n{}", cell.story());
            self.known[file] = self.known[file].max(generation);
        }
    }
}

fn disturb(cell: &mut Cell, random: &mut impl Randomness) {
    let server = n(1 + u32::try_from(random.below(3)).expect("small"));
    let client = c(1 + u32::try_from(random.below(u64::from(CLIENTS))).expect("small"));
    match random.below(10) {
        0 | 1 if cell.is_up(server) => cell.crash(server),
        0..=3 if !cell.is_up(server) => cell.boot(server),
        2 | 3 => {
            let other = n(1 + u32::try_from(random.below(3)).expect("small"));
            if server != other {
                cell.cut(server, other);
            }
        }
        4 => cell.cut(server, client),
        5 => cell.isolate(client),
        6 if cell.is_up(client) => cell.pause(client),
        7 if cell.is_up(server) => cell.pause(server),
        8 => [n(1), n(2), n(3), client].into_iter().for_each(|name| cell.resume(name)),
        _ => cell.heal(),
    }
}

fn operation(cell: &mut Cell, registers: &mut Registers, random: &mut impl Randomness, at: u64) {
    let client = c(1 + u32::try_from(random.below(u64::from(CLIENTS))).expect("small"));
    let file = usize::try_from(random.below(2)).expect("small");
    let handle = u32::try_from(file + 1).expect("small");
    let mode = if random.below(3) == 0 { LockMode::Shared } else { LockMode::Exclusive };
    let op = match random.below(12) {
        0 | 1 => open(handle, ["/a", "/b"][file]),
        2 => Op::Acquire(h(handle), mode),
        3 => Op::TryAcquire(h(handle), mode),
        4 | 5 => Op::Release(h(handle)),
        6 => Op::Close(h(handle)),
        7 | 8 => {
            let text = format!("{at}");
            let id = cell.ask(client, write(handle, &text));
            return registers.ask(id, file, Some(text));
        }
        9 if random.below(6) == 0 => Op::Cancel(h(handle)),
        _ => {
            let id = cell.ask(client, read(handle));
            return registers.ask(id, file, None);
        }
    };
    cell.ask(client, op);
}

fn run(seed: u64) -> Cell {
    let settings = Settings::majority(3, Span::from_millis(400)).expect("settings");
    let mut cell = Cell::new(settings, 3, CLIENTS, seed);
    let mut random = crate::cell::Scripted(seed ^ 0x0dd5);
    cell.loss = [0, 0, 50, 150][usize::try_from(random.below(4)).expect("small")];
    cell.duplication = [0, 100][usize::try_from(random.below(2)).expect("small")];
    let mut registers = Registers::default();
    for client in 1..=CLIENTS {
        for (handle, name) in [(1, "/a"), (2, "/b")] {
            cell.ask(c(client), open(handle, name));
        }
    }
    for at in 0..60 {
        let pause = random.below(120);
        cell.run(pause);
        registers.look(&cell);
        operation(&mut cell, &mut registers, &mut random, at);
        if random.below(4) == 0 {
            disturb(&mut cell, &mut random);
        }
    }
    calm(&mut cell, &mut registers);
    cell
}

fn calm(cell: &mut Cell, registers: &mut Registers) {
    cell.heal();
    (cell.loss, cell.duplication) = (0, 0);
    let names: Vec<ProcessId> = (1..=3).map(n).chain((1..=CLIENTS).map(c)).collect();
    for name in names {
        cell.resume(name);
        if !cell.is_up(name) {
            cell.boot(name);
        }
    }
    cell.elect();
    cell.run(8_000);
    registers.look(cell);
    // What waits is an acquire behind a living holder, or an event; nothing else.
    for client in 1..=CLIENTS {
        assert!(!cell.client(c(client)).is_in_jeopardy(), "{}", cell.story());
        cell.ask(c(client), Op::EndSession);
    }
    cell.run(3_000);
    registers.look(cell);
    assert!(registers.asked.is_empty(), "calls without an answer\n{}", cell.story());
    assert_eq!(cell.database().sessions().count(), 0, "{}", cell.story());
}

#[test]
fn random_schedules_break_no_promise() {
    for seed in 0..60 {
        run(seed);
    }
}
