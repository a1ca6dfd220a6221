//! moonpool-sim 0.8.0.
//!
//! One world and one executor for each seed, driven by hand as moonpool's own orchestrator drives
//! them, but without its timeline, invariants and coverage. There are no datagrams, only streams:
//! before it boots, each process opens one to each of its acquaintances, and a task at the far end
//! reads messages into the inbox of their receiver. (Both ends are opened by the sender, at an
//! address of their own: in this version an address holds one connection that waits to be accepted,
//! and a second one displaces it.) A message is the ticket of one. Delay is the latency of a write,
//! so it is uniform, but a stream keeps its order: a message waits for those that were written
//! before it. A stream loses nothing: the loss is drawn here, from moonpool's chance, before a
//! message is written.

use std::io;
use std::net::Ipv4Addr;
use std::ops::Range;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use futures::future::{Either, select};
use futures::io::{AsyncReadExt, AsyncWriteExt};
use futures::stream::StreamExt;
use moonpool_sim::executor::{Executor, spawn, until_stalled};
use moonpool_sim::{
    ChaosConfiguration, LatencyDistribution, NetworkConfiguration, NetworkProvider,
    SimNetworkProvider, SimTimeProvider, SimWorld, SleepFuture, TcpListenerTrait, TimeProvider,
    sim_random_range,
};
use peers_workloads::{
    Action, Depot, Meter, Network, Runner, Seat, Surroundings, Timers, Workload, ids, measure,
};
use squall_process::{Driver, Input, Instant, Process, ProcessId, Randomness, Span};

fn main() -> ExitCode {
    measure::main::<Moonpool>()
}

struct Moonpool;

impl Runner for Moonpool {
    const NAME: &'static str = "moonpool";

    fn run<W: Workload>(workload: &W, seeds: Range<u64>, meter: &Arc<Meter>) {
        for seed in seeds {
            meter.open(seed);
            Executor::new(seed).block_on(run_world(workload, seed, meter));
        }
    }
}

async fn run_world<W: Workload>(workload: &W, seed: u64, meter: &Arc<Meter>) {
    let configuration = configuration(workload.network());
    let mut world = SimWorld::new_with_network_config_and_seed(configuration, seed);
    let depot = Arc::new(Mutex::new(Depot::default()));
    let (inboxes, mails): (Vec<_>, Vec<_>) =
        ids(workload.processes()).map(|_| mpsc::unbounded()).unzip();
    let inboxes = Arc::new(inboxes);
    for (id, mails) in ids(workload.processes()).zip(mails) {
        let host = Host {
            id,
            workload: workload.clone(),
            seat: Seat::new(workload, seed, id),
            meter: meter.clone(),
            depot: depot.clone(),
            network: world.network_provider(),
            time: world.time_provider(),
            inboxes: inboxes.clone(),
            acquaintances: workload.acquaintances(seed, id),
            streams: Vec::new(),
            driver: Driver::new(),
            outbox: Vec::new(),
            timers: Timers::default(),
        };
        spawn("host", host.run(mails));
    }
    let mut begun = false;
    loop {
        until_stalled().await;
        if !begun && meter.has_begun() {
            begun = true;
            meter.begin();
        }
        if meter.done() {
            return meter.close();
        }
        assert!(world.has_pending_events(), "nothing is due, and the goal not reached");
        world.step();
    }
}

/// Only writes take time, and nothing goes wrong by itself.
fn configuration(network: Network) -> NetworkConfiguration {
    let uniform = |start, end| LatencyDistribution::Uniform { start, end };
    let at_once = || uniform(Duration::ZERO, Duration::ZERO);
    NetworkConfiguration {
        bind_latency: at_once(),
        accept_latency: at_once(),
        connect_latency: at_once(),
        read_latency: at_once(),
        write_latency: uniform(duration(network.delay_min), duration(network.delay_max)),
        chaos: ChaosConfiguration::disabled(),
    }
}

type Messages<W> = Depot<<<W as Workload>::Process as Process>::Message>;

type Stream = <SimNetworkProvider as NetworkProvider>::TcpStream;

/// From whom, and the ticket.
type Mail = (ProcessId, u32);

/// One process, as a task.
struct Host<W: Workload> {
    id: ProcessId,
    workload: W,
    seat: Seat<W>,
    meter: Arc<Meter>,
    depot: Arc<Mutex<Messages<W>>>,
    network: SimNetworkProvider,
    time: SimTimeProvider,
    /// Of all processes, in order.
    inboxes: Arc<Vec<UnboundedSender<Mail>>>,
    /// To whom streams are to be opened.
    acquaintances: Vec<ProcessId>,
    /// Those that were opened from here.
    streams: Vec<(ProcessId, Stream)>,
    driver: Driver<W::Process>,
    /// To whom, and the ticket.
    outbox: Vec<(ProcessId, u32)>,
    timers: Timers<<W::Process as Process>::Timer>,
}

impl<W: Workload> Host<W> {
    async fn run(mut self, mut mails: UnboundedReceiver<Mail>) {
        for to in std::mem::take(&mut self.acquaintances) {
            let stream = self.open(to).await.expect("a free address");
            self.streams.push((to, stream));
        }
        self.step(None);
        self.send_all().await;
        let mut alarm = Alarm::default();
        loop {
            alarm.set(self.timers.earliest(), now(&self.time), &self.network);
            let input = match next(&mut mails, &mut alarm).await {
                Some((from, ticket)) => {
                    let message = lock(&self.depot).collect(ticket);
                    Input::Message { from, message }
                }
                None => Input::Timer(self.timers.fire()),
            };
            self.step(Some(input));
            self.send_all().await;
        }
    }

    /// Boots the process, or hands it `input`.
    fn step(&mut self, input: Option<Input<W::Process>>) {
        let now = now(&self.time);
        let loss_percent = self.workload.network().loss_percent;
        let mut surroundings = Surroundings {
            now,
            randomness: &mut Chance,
            meter: &self.meter,
            driver: &mut self.driver,
        };
        let carry_out = |action| match action {
            Action::Send { to, message } => {
                let is_lost = loss_percent > 0 && sim_random_range(0..100) < loss_percent;
                if !is_lost {
                    self.outbox.push((to, lock(&self.depot).leave(message)));
                }
            }
            Action::SetTimer { timer, after } => self.timers.set(timer, now + after),
            Action::CancelTimer { timer } => self.timers.cancel(timer),
        };
        match input {
            None => self.seat.boot(&self.workload, &mut surroundings, carry_out),
            Some(input) => self.seat.step(input, &mut surroundings, carry_out),
        }
    }

    async fn send_all(&mut self) {
        for (to, ticket) in std::mem::take(&mut self.outbox) {
            let mut frame = [0; FRAME_BYTES];
            frame[..4].copy_from_slice(&self.id.number().to_le_bytes());
            frame[4..].copy_from_slice(&ticket.to_le_bytes());
            let stream = self.streams.iter_mut().find(|(peer, _)| *peer == to);
            let (_, stream) = stream.expect("a process sends to acquaintances alone");
            stream.write_all(&frame).await.expect("a stream that stays open");
        }
    }

    async fn open(&self, to: ProcessId) -> io::Result<Stream> {
        let address = address(self.id, to);
        let listener = self.network.bind(&address).await?;
        let near = self.network.connect(&address).await?;
        let (far, _) = listener.accept().await?;
        let inbox = &self.inboxes[to.number() as usize - 1];
        spawn("read", read(far, inbox.clone()));
        Ok(near)
    }
}

/// The bytes of a message: the number of its sender and its ticket.
const FRAME_BYTES: usize = 8;

async fn read(mut stream: Stream, inbox: UnboundedSender<Mail>) {
    let mut frame = [0; FRAME_BYTES];
    while stream.read_exact(&mut frame).await.is_ok() {
        let (sender, ticket) = frame.split_at(4);
        let word = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().expect("four bytes"));
        let mail = (ProcessId::server(word(sender)), word(ticket));
        if inbox.unbounded_send(mail).is_err() {
            return;
        }
    }
}

/// The next mail, or none if the alarm goes first.
async fn next(mails: &mut UnboundedReceiver<Mail>, alarm: &mut Alarm) -> Option<Mail> {
    let Some(sleep) = &mut alarm.sleep else {
        return mails.next().await;
    };
    match select(mails.next(), sleep).await {
        Either::Left((mail, _)) => mail,
        Either::Right(_) => {
            *alarm = Alarm::default();
            None
        }
    }
}

/// Sleeps until the earliest deadline; one sleep for each, as a sleep cannot be taken back.
#[derive(Default)]
struct Alarm {
    deadline: Option<Instant>,
    sleep: Option<SleepFuture>,
}

impl Alarm {
    fn set(&mut self, deadline: Option<Instant>, now: Instant, network: &SimNetworkProvider) {
        if self.deadline == deadline {
            return;
        }
        self.deadline = deadline;
        self.sleep = deadline.map(|deadline| {
            let sleep = network.sleep(duration(deadline - now));
            sleep.expect("the world is there")
        });
    }
}

/// The chance of the whole world.
struct Chance;

impl Randomness for Chance {
    fn below(&mut self, bound: u64) -> u64 {
        sim_random_range(0..bound)
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now(time: &SimTimeProvider) -> Instant {
    let nanos = u64::try_from(time.now().as_nanos()).expect("less than 500 years");
    Instant::from_nanos(nanos)
}

fn duration(span: Span) -> Duration {
    Duration::from_nanos(span.as_nanos())
}

/// Process n has the address 10.0.0.0 + n, and a port for each that sends to it.
fn address(from: ProcessId, to: ProcessId) -> String {
    format!("{}:{}", Ipv4Addr::from_bits((10 << 24) | to.number()), from.number())
}
