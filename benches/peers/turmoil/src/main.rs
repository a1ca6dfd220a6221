//! turmoil 0.7.2.
//!
//! One simulation a world, one host a process, each with one UDP socket and a task that waits for
//! the next datagram or for its earliest timer. A datagram carries the ticket of a message, so
//! nothing is encoded. Ticks last 1 ms, the default: in each of them every host's runtime is
//! entered and all links are scanned for it, so time that passes costs as much as messages do.
//! Latency cannot be uniform: it is 1 ms plus an exponential span, in whole milliseconds, cut at 10
//! ms, with the curve set so that the mean is the same. A message that fails also fails its link,
//! which loses whatever is in flight between the two; the rate is set so that about as many are
//! lost as the workload says.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::pin::pin;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use peers_workloads::{
    Action, Depot, Luck, Meter, Runner, Seat, Surroundings, Timers, Work, Workload, ids, measure,
};
use squall_process::{Driver, Input, Instant, Process, ProcessId, Span};
use tokio::time::{Instant as Moment, sleep_until};
use turmoil::net::UdpSocket;
use turmoil::{Builder, Sim};

fn main() -> ExitCode {
    measure::main::<Turmoil>()
}

struct Turmoil;

/// Process n has the address 10.0.0.0 + n.
const NETWORK: u32 = 10 << 24;

const PORT: u16 = 1;

/// The curve that gives 1 to 10 ms a mean of 5.5 ms.
const LATENCY_CURVE: f64 = 1.39;

/// What share of a loss to set as the failure rate of a link: a failure takes what is in flight
/// with it.
const FAILURES_PER_LOSS: f64 = 0.68;

impl Runner for Turmoil {
    const NAME: &'static str = "turmoil";

    fn refuses(work: Work) -> Option<&'static str> {
        match work {
            Work::Gossip(processes) if processes > 2_000 => {
                Some("a table of all pairs of hosts, scanned for each host in each tick")
            }
            _ => None,
        }
    }

    fn run<W: Workload>(workload: &W, seeds: Range<u64>, meter: &Arc<Meter>) {
        for seed in seeds {
            meter.open(seed);
            let mut simulation = build(workload, seed, meter);
            meter.begin();
            while !meter.done() {
                simulation.step().expect("no host stops");
            }
            meter.close();
        }
    }
}

fn build<W: Workload>(workload: &W, seed: u64, meter: &Arc<Meter>) -> Sim<'static> {
    let network = workload.network();
    let mut simulation = Builder::new()
        .rng_seed(seed)
        .simulation_duration(Duration::from_secs(u64::from(u32::MAX)))
        .min_message_latency(duration(network.delay_min))
        .max_message_latency(duration(network.delay_max))
        .fail_rate(f64::from(network.loss_percent) / 100.0 * FAILURES_PER_LOSS)
        .udp_capacity(1 << 16)
        .build();
    simulation.set_message_latency_curve(LATENCY_CURVE);
    let depot = Rc::new(RefCell::new(Depot::default()));
    for id in ids(workload.processes()) {
        let host = Host {
            workload: workload.clone(),
            seat: Seat::new(workload, seed, id),
            luck: Luck::new(seed, u64::from(id.number())),
            meter: meter.clone(),
            depot: depot.clone(),
            driver: Driver::new(),
            outbox: Vec::new(),
            timers: Timers::default(),
        };
        simulation.client(address(id), host.run());
    }
    simulation
}

/// One process, as the software of a host.
struct Host<W: Workload> {
    workload: W,
    seat: Seat<W>,
    luck: Luck,
    meter: Arc<Meter>,
    depot: Rc<RefCell<Depot<<W::Process as Process>::Message>>>,
    driver: Driver<W::Process>,
    /// To whom, and the ticket.
    outbox: Vec<(ProcessId, u32)>,
    timers: Timers<<W::Process as Process>::Timer>,
}

impl<W: Workload> Host<W> {
    async fn run(mut self) -> turmoil::Result {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
        let start = Moment::now();
        self.step(start, None);
        self.send_all(&socket).await?;
        let mut alarm = pin!(sleep_until(start));
        let mut buffer = [0; 4];
        loop {
            let earliest = self.timers.earliest();
            if let Some(deadline) = earliest {
                let deadline = start + duration(deadline - Instant::ZERO);
                if alarm.deadline() != deadline {
                    alarm.as_mut().reset(deadline);
                }
            }
            let input = tokio::select! {
                received = socket.recv_from(&mut buffer) => {
                    let (_, from) = received?;
                    let message = self.depot.borrow_mut().collect(u32::from_le_bytes(buffer));
                    let from = sender(from);
                    Input::Message { from, message }
                }
                () = &mut alarm, if earliest.is_some() => Input::Timer(self.timers.fire()),
            };
            self.step(start, Some(input));
            self.send_all(&socket).await?;
        }
    }

    /// Boots the process, or hands it `input`.
    fn step(&mut self, start: Moment, input: Option<Input<W::Process>>) {
        let nanos = u64::try_from(start.elapsed().as_nanos()).expect("less than 500 years");
        let now = Instant::from_nanos(nanos);
        let mut surroundings = Surroundings {
            now,
            randomness: &mut self.luck,
            meter: &self.meter,
            driver: &mut self.driver,
        };
        let carry_out = |action| match action {
            Action::Send { to, message } => {
                self.outbox.push((to, self.depot.borrow_mut().leave(message)));
            }
            Action::SetTimer { timer, after } => self.timers.set(timer, now + after),
            Action::CancelTimer { timer } => self.timers.cancel(timer),
        };
        match input {
            None => self.seat.boot(&self.workload, &mut surroundings, carry_out),
            Some(input) => self.seat.step(input, &mut surroundings, carry_out),
        }
    }

    async fn send_all(&mut self, socket: &UdpSocket) -> std::io::Result<()> {
        for (to, ticket) in self.outbox.drain(..) {
            let target = (Ipv4Addr::from_bits(NETWORK | to.number()), PORT);
            socket.send_to(&ticket.to_le_bytes(), target).await?;
        }
        Ok(())
    }
}

fn duration(span: Span) -> Duration {
    Duration::from_nanos(span.as_nanos())
}

fn address(id: ProcessId) -> IpAddr {
    Ipv4Addr::from_bits(NETWORK | id.number()).into()
}

fn sender(address: SocketAddr) -> ProcessId {
    let IpAddr::V4(ip) = address.ip() else {
        panic!("all addresses are of version 4");
    };
    ProcessId::server(ip.to_bits() & !NETWORK)
}
