//! madsim 0.2.34, in simulation mode: it must be built with `--cfg madsim`.
//!
//! One runtime a world, one node a process, one task a node that waits for the next message or for
//! its earliest timer. Messages go through `Endpoint` as values, so nothing is encoded; those of
//! one step are sent together. Delay and loss are madsim's own (`send_latency`,
//! `packet_loss_rate`); chance is madsim's. Every send and every receive also sleeps, and in this
//! version no sleep is shorter than 1 ms, so a message takes about 2 ms more than the workload
//! says.

use std::future::{Future, poll_fn};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use futures_util::future::join_all;
use madsim::Config;
use madsim::net::Endpoint;
use madsim::rand::{self, Rng};
use madsim::runtime::Runtime;
use madsim::time::{self, TimeHandle};
use peers_workloads::{Action, Meter, Runner, Seat, Surroundings, Timers, Workload, ids, measure};
use squall_process::{Driver, Input, Instant, Process, ProcessId, Randomness, Span};

fn main() -> ExitCode {
    measure::main::<Madsim>()
}

struct Madsim;

/// Process n has the address 10.0.0.0 + n.
const NETWORK: u32 = 10 << 24;

const PORT: u16 = 1;

/// All messages have the same tag.
const TAG: u64 = 0;

impl Runner for Madsim {
    const NAME: &'static str = "madsim";

    fn run<W: Workload>(workload: &W, seeds: Range<u64>, meter: &Arc<Meter>) {
        for seed in seeds {
            meter.open(seed);
            run_world(workload, seed, meter);
        }
    }
}

fn run_world<W: Workload>(workload: &W, seed: u64, meter: &Arc<Meter>) {
    let network = workload.network();
    let mut config = Config::default();
    config.net.send_latency = duration(network.delay_min)..duration(network.delay_max);
    config.net.packet_loss_rate = f64::from(network.loss_percent) / 100.0;
    let runtime = Runtime::with_seed_and_config(seed, config);
    let (news, heard) = async_channel::unbounded();
    for id in ids(workload.processes()) {
        let node = runtime.create_node().ip(address(id).ip()).build();
        let host = Host {
            id,
            workload: workload.clone(),
            seat: Seat::new(workload, seed, id),
            meter: meter.clone(),
            news: news.clone(),
            driver: Driver::new(),
            outbox: Vec::new(),
            timers: Timers::default(),
        };
        node.spawn(host.run());
    }
    let next_news = async || heard.recv().await.expect("a host holds the other end");
    // Outside of the runtime the clock is the real one.
    runtime.block_on(next_news());
    meter.begin();
    while !meter.done() {
        runtime.block_on(next_news());
    }
    meter.close();
}

/// One process, as the task of a node.
struct Host<W: Workload> {
    id: ProcessId,
    workload: W,
    seat: Seat<W>,
    meter: Arc<Meter>,
    /// Told at the first delivery of the world and when all is done.
    news: async_channel::Sender<()>,
    driver: Driver<W::Process>,
    outbox: Vec<(ProcessId, <W::Process as Process>::Message)>,
    timers: Timers<<W::Process as Process>::Timer>,
}

impl<W: Workload> Host<W> {
    async fn run(mut self) {
        let clock = TimeHandle::current();
        let endpoint = Endpoint::bind(address(self.id)).await.expect("a free address");
        // Whatever reaches an address before it is bound is lost.
        time::sleep(Duration::from_millis(10)).await;
        self.boot(&clock);
        self.send_all(&endpoint).await;
        let mut received = pin!(endpoint.recv_from_raw(TAG));
        let mut alarm = Alarm::default();
        loop {
            alarm.set(self.timers.earliest());
            let input = poll_fn(|task| {
                if let Poll::Ready(message) = received.as_mut().poll(task) {
                    return Poll::Ready(Some(message.expect("a network that is up")));
                }
                alarm.poll(&clock, task).map(|()| None)
            })
            .await;
            match input {
                Some((payload, from)) => {
                    received.set(endpoint.recv_from_raw(TAG));
                    let message = *payload.downcast().expect("all messages are of one type");
                    let from = sender(from);
                    self.step(&clock, Input::Message { from, message });
                }
                None => {
                    let timer = self.timers.fire();
                    self.step(&clock, Input::Timer(timer));
                }
            }
            self.send_all(&endpoint).await;
        }
    }

    fn boot(&mut self, clock: &TimeHandle) {
        let now = now(clock);
        let (timers, outbox) = (&mut self.timers, &mut self.outbox);
        let mut surroundings = Surroundings {
            now,
            randomness: &mut Chance,
            meter: &self.meter,
            driver: &mut self.driver,
        };
        self.seat.boot(&self.workload, &mut surroundings, |action| {
            carry_out(action, now, timers, outbox);
        });
    }

    fn step(&mut self, clock: &TimeHandle, input: Input<W::Process>) {
        let now = now(clock);
        let fresh = !self.meter.has_begun();
        let (timers, outbox) = (&mut self.timers, &mut self.outbox);
        let mut surroundings = Surroundings {
            now,
            randomness: &mut Chance,
            meter: &self.meter,
            driver: &mut self.driver,
        };
        self.seat.step(input, &mut surroundings, |action| {
            carry_out(action, now, timers, outbox);
        });
        if fresh || self.meter.done() {
            self.news.try_send(()).expect("the world still runs");
        }
    }

    async fn send_all(&mut self, endpoint: &Endpoint) {
        let mut sends = self
            .outbox
            .drain(..)
            .map(|(to, message)| endpoint.send_to_raw(address(to), TAG, Box::new(message)));
        if sends.len() == 1 {
            let send = sends.next().expect("there is one");
            send.await.expect("a network that is up");
        } else {
            for sent in join_all(sends).await {
                sent.expect("a network that is up");
            }
        }
    }
}

fn carry_out<P: Process>(
    action: Action<P>,
    now: Instant,
    timers: &mut Timers<P::Timer>,
    outbox: &mut Vec<(ProcessId, P::Message)>,
) {
    match action {
        Action::Send { to, message } => outbox.push((to, message)),
        Action::SetTimer { timer, after } => timers.set(timer, now + after),
        Action::CancelTimer { timer } => timers.cancel(timer),
    }
}

/// Wakes the task at the earliest deadline. Polling madsim's `Sleep` registers a new timer each
/// time, and timers cannot be taken back, so each deadline is polled once.
#[derive(Default)]
struct Alarm {
    deadline: Option<Instant>,
    registered: bool,
}

impl Alarm {
    fn set(&mut self, deadline: Option<Instant>) {
        if self.deadline != deadline {
            self.deadline = deadline;
            self.registered = false;
        }
    }

    fn poll(&mut self, clock: &TimeHandle, task: &mut task::Context<'_>) -> Poll<()> {
        match self.deadline {
            Some(deadline) if now(clock) >= deadline => Poll::Ready(()),
            Some(deadline) if !self.registered => {
                self.registered = true;
                let left = duration(deadline - now(clock));
                pin!(clock.sleep(left)).poll(task)
            }
            _ => Poll::Pending,
        }
    }
}

/// The chance of the whole runtime.
struct Chance;

impl Randomness for Chance {
    fn below(&mut self, bound: u64) -> u64 {
        rand::thread_rng().gen_range(0..bound)
    }
}

fn now(clock: &TimeHandle) -> Instant {
    let nanos = u64::try_from(clock.elapsed().as_nanos()).expect("less than 500 years");
    Instant::from_nanos(nanos)
}

fn duration(span: Span) -> Duration {
    Duration::from_nanos(span.as_nanos())
}

fn address(id: ProcessId) -> SocketAddr {
    (Ipv4Addr::from_bits(NETWORK | id.number()), PORT).into()
}

fn sender(address: SocketAddr) -> ProcessId {
    let IpAddr::V4(ip) = address.ip() else {
        panic!("all addresses are of version 4");
    };
    ProcessId::server(ip.to_bits() & !NETWORK)
}
