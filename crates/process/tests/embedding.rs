//! Processes within processes, three levels deep, and two inner processes of one type.
//!
//! The innermost process is a [`Leaf`]: it answers each message, writes and syncs. A [`Nest`] holds
//! two inner processes of one type and tells them apart by a number in its messages, timers,
//! records and claims.

use std::fmt;
use std::hash::Hash;

use squall_counting::Counting;
use squall_process::{
    Context, Disk, Driver, Effect, Embedding, Input, Mark, OpId, Outcome, Process, ProcessId,
    Randomness, RecordNumber, Returned, Solo, Span, Stored, Surroundings,
};

#[global_allocator]
static COUNTING: Counting = Counting;

/// A source of chance that counts up.
#[derive(Debug, Default)]
struct Counter(u64);

impl Randomness for Counter {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 += 1;
        self.0 % bound
    }
}

/// A message that owns memory, so that a copy would be counted.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Note(Box<u64>);

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Returns each message to its sender, sets a timer, writes a record, claims a random number, and
/// answers operations with the number of inputs so far.
#[derive(Debug, Default)]
struct Leaf {
    inputs: u64,
    recovered: Vec<u64>,
}

impl Process for Leaf {
    type Message = Note;
    type Timer = u8;
    type Record = u64;
    type Op = u64;
    type Reply = u64;
    type Claim = u64;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        self.inputs += 1;
        match input {
            Input::Boot { disk, .. } => {
                self.recovered = disk.intact().map(|(_, record)| *record).collect();
            }
            Input::Message { from, message } => {
                context.write(*message.0);
                context.sync();
                context.set_timer(7, Span::from_millis(1));
                let claim = context.random_below(100);
                context.claim(claim);
                context.send(from, message);
            }
            Input::Op { id, .. } => {
                context.trim(RecordNumber(self.inputs));
                context.reach("asked");
                context.complete(id, Outcome::Done(self.inputs));
            }
            _ => {}
        }
    }
}

/// A value of the inner process `at`. Prints as `1/text`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Of<T> {
    at: usize,
    inner: T,
}

impl<T: fmt::Display> fmt::Display for Of<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.at, self.inner)
    }
}

/// Two processes of one type within one.
#[derive(Debug)]
struct Nest<P: Process> {
    inner: [P; 2],
    returned: Vec<Returned<P>>,
}

impl<P: Process + Default> Default for Nest<P> {
    fn default() -> Self {
        Self { inner: [P::default(), P::default()], returned: Vec::new() }
    }
}

struct At<P> {
    at: usize,
    of: std::marker::PhantomData<P>,
}

impl<P: Process> Embedding for At<P> {
    type Outer = Nest<P>;
    type Inner = P;

    fn message(&self, inner: P::Message) -> Of<P::Message> {
        Of { at: self.at, inner }
    }

    fn timer(&self, inner: P::Timer) -> Of<P::Timer> {
        Of { at: self.at, inner }
    }

    fn record(&self, inner: P::Record) -> Of<P::Record> {
        Of { at: self.at, inner }
    }

    fn claim(&self, inner: P::Claim) -> Option<Of<P::Claim>> {
        (self.at == 1).then_some(Of { at: self.at, inner })
    }
}

impl<P: Process> Nest<P> {
    fn step_inner(&mut self, at: usize, input: Input<P>, context: &mut Context<'_, Self>) {
        let embedding = At { at, of: std::marker::PhantomData };
        let inner = &mut self.inner[at];
        context.embed(&embedding, &mut self.returned, |context| inner.step(input, context));
        for returned in self.returned.drain(..) {
            match returned {
                Returned::Completed { op, outcome } => context.complete(op, outcome),
                Returned::Trimmed { before } => context.trim(before),
            }
        }
    }
}

impl<P: Process> Process for Nest<P> {
    type Message = Of<P::Message>;
    type Timer = Of<P::Timer>;
    type Record = Of<P::Record>;
    type Op = P::Op;
    type Reply = P::Reply;
    type Claim = Of<P::Claim>;

    fn step(&mut self, input: Input<Self>, context: &mut Context<'_, Self>) {
        match input {
            Input::Boot { incarnation, disk } => {
                for at in 0..2 {
                    let own = |of: &Of<P::Record>| (of.at == at).then(|| of.inner.clone());
                    let disk = disk.select(own);
                    self.step_inner(at, Input::Boot { incarnation, disk }, context);
                }
            }
            Input::Message { from, message: Of { at, inner: message } } => {
                self.step_inner(at, Input::Message { from, message }, context);
            }
            Input::Timer(Of { at, inner }) => self.step_inner(at, Input::Timer(inner), context),
            Input::Op { id, op } => self.step_inner(1, Input::Op { id, op }, context),
            journal => {
                for at in 0..2 {
                    if let Some(input) = journal.journal_event() {
                        self.step_inner(at, input, context);
                    }
                }
            }
        }
    }
}

fn note(number: u64) -> Note {
    Note(Box::new(number))
}

#[test]
fn two_inner_processes_of_one_type_are_told_apart() {
    let mut nest = Solo::new(ProcessId::server(1), Nest::<Leaf>::default(), Counter::default());
    let from = ProcessId::server(2);
    let effects: Vec<Effect<Nest<Leaf>>> = [0, 1]
        .into_iter()
        .flat_map(|at| {
            let message = Of { at, inner: note(5) };
            nest.step(Input::Message { from, message }).collect::<Vec<_>>()
        })
        .collect();
    let text: Vec<String> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Send { to, message } => format!("send {to} {message}"),
            Effect::Write { number, record } => format!("write {number} {record}"),
            Effect::SetTimer { timer, after } => format!("set {timer} {after}"),
            Effect::Claim(claim) => format!("claim {claim}"),
            Effect::Sync => "sync".to_owned(),
            other => panic!("{other:?}"),
        })
        .collect();
    // One journal, one stream of chance; the claim of the first process is hidden from the judges.
    let expected = [
        "write r1 0/5",
        "sync",
        "set 0/7 1ms",
        "send n2 0/5",
        "write r2 1/5",
        "sync",
        "set 1/7 1ms",
        "claim 1/2",
        "send n2 1/5",
    ];
    assert_eq!(text, expected);
}

#[test]
fn what_an_inner_process_completes_and_trims_comes_back() {
    let mut nest = Solo::new(ProcessId::server(1), Nest::<Leaf>::default(), Counter::default());
    let effects: Vec<_> = nest.step(Input::Op { id: OpId(3), op: 0 }).collect();
    assert!(matches!(
        effects[..],
        [
            Effect::Reach(Mark { name: "asked", note: None }),
            Effect::Trim { before: RecordNumber(1) },
            Effect::Complete { op: OpId(3), outcome: Outcome::Done(1) },
        ]
    ));
}

#[test]
fn a_disk_is_split_and_rot_is_handed_to_each() {
    let intact = |number, at, inner| {
        let record = Of { at, inner };
        Stored::Intact { number: RecordNumber(number), record }
    };
    let rotten = Stored::Rotten { number: RecordNumber(2) };
    let records = vec![intact(1, 0, 10), rotten, intact(3, 1, 30)];
    let disk = Disk { records, ..Disk::empty() };
    assert!([0, 1].iter().all(|at| disk.select(|of| (of.at == *at).then_some(of.inner)).has_rot()));
    let mut nest = Solo::new(ProcessId::server(1), Nest::<Leaf>::default(), Counter::default());
    nest.step(Input::Boot { incarnation: 1, disk });
    assert_eq!(nest.process.inner[0].recovered, [10]);
    assert_eq!(nest.process.inner[1].recovered, [30]);
    nest.step(Input::Synced { through: RecordNumber(3) });
    assert!(nest.process.inner.iter().all(|leaf| leaf.inputs == 2));
}

#[test]
fn three_levels_deep_a_message_costs_no_allocation() {
    type Deep = Nest<Nest<Nest<Leaf>>>;
    let (mut deep, mut driver) = (Deep::default(), Driver::<Deep>::new());
    let (mut record_next, mut randomness) = (RecordNumber(1), Counter::default());
    let from = ProcessId::server(2);
    let mut step = |number: u64, driver: &mut Driver<Deep>| {
        let message = note(number);
        let message = Of { at: 1, inner: Of { at: 1, inner: Of { at: 0, inner: message } } };
        let mut sent = 0;
        let calls = Counting::calls(|| {
            let surroundings = Surroundings {
                id: ProcessId::server(1),
                clocks: squall_process::Clocks::default(),
                randomness: &mut randomness,
                record_next: &mut record_next,
            };
            driver.step(&mut deep, Input::Message { from, message }, surroundings);
            for effect in driver.drain() {
                sent += usize::from(matches!(effect, Effect::Send { .. }));
            }
        });
        assert_eq!(sent, 1);
        calls
    };
    // The first step allocates memory for effects.
    step(0, &mut driver);
    let calls: usize = (1..=100).map(|number| step(number, &mut driver)).sum();
    assert_eq!(calls, 0, "allocations in 100 messages");
}
