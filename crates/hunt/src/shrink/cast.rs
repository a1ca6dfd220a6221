//! Fewer processes: one after the other is left out, and those behind it move up.
//!
//! Whoever moves up has other luck, where that is not fixed by lines, so a few other seeds are
//! tried for each. Requests of a client that is left out go with it, or to somebody else.

use squall_process::ProcessId;
use squall_script::{Action, Line, Script};
use squall_trace::Link;
use squall_world::{Fault, Group, Links, Luck, Names, Sides};

use super::trials::Trials;
use super::weather::{RETRIES, reseeded};

impl Trials<'_> {
    /// Leaves out as many processes as can be.
    pub(super) fn fewer_processes(&mut self) {
        loop {
            let script = self.best().clone();
            let clients = (1..=script.clients).rev().map(ProcessId::client);
            let servers = (1..=script.servers).rev().map(ProcessId::server);
            let fewer: Vec<_> =
                clients.chain(servers).filter_map(|gone| without(&script, gone)).collect();
            let tried = fewer.iter().flat_map(|fewer| reseeded(fewer, RETRIES));
            if self.first(tried).is_none() && !self.fewer_askers() {
                return;
            }
        }
    }

    /// Leaves out a client whose requests somebody else can make, another client or a server.
    fn fewer_askers(&mut self) -> bool {
        let script = self.best().clone();
        let clients = || (1..=script.clients).map(ProcessId::client);
        let servers = || (1..=script.servers).map(ProcessId::server);
        let pairs = clients().rev().flat_map(|gone| {
            let heirs = clients().chain(servers()).filter(move |heir| *heir != gone);
            heirs.map(move |heir| (gone, heir))
        });
        let fewer = pairs.filter_map(|(gone, heir)| without(&inherited(&script, gone, heir), gone));
        self.first(fewer).is_some()
    }
}

/// `script` with the requests of `gone` made by `heir`.
fn inherited(script: &Script, gone: ProcessId, heir: ProcessId) -> Script {
    let mut script = script.clone();
    for line in &mut script.lines {
        if let Action::Ask { process, .. } = &mut line.action
            && *process == gone
        {
            *process = heir;
        }
    }
    script
}

/// `script` without the process `gone` and all that is said of it.
fn without(script: &Script, gone: ProcessId) -> Option<Script> {
    let mut fewer = Script { lines: Vec::new(), ..script.clone() };
    if gone.is_client() {
        fewer.clients -= 1;
    } else {
        fewer.servers = (fewer.servers > 1).then(|| fewer.servers - 1)?;
    }
    let moved = |id: ProcessId| match id {
        id if id == gone => None,
        id if id.is_client() == gone.is_client() && id.number() > gone.number() => {
            let number = id.number() - 1;
            Some(if id.is_client() { ProcessId::client(number) } else { ProcessId::server(number) })
        }
        id => Some(id),
    };
    for line in &script.lines {
        if let Some(action) = action(&line.action, &moved) {
            fewer.lines.push(Line { at: line.at, action });
        }
    }
    Some(fewer)
}

/// Says of a process who it is now, if it is still there.
type Moved<'a> = &'a dyn Fn(ProcessId) -> Option<ProcessId>;

fn action(action: &Action, moved: Moved<'_>) -> Option<Action> {
    Some(match action {
        Action::Ask { process, op } => Action::Ask { process: moved(*process)?, op: op.clone() },
        Action::Fault(fault) => Action::Fault(in_fault(fault, moved)?),
        Action::Luck(luck) => Action::Luck(in_luck(luck, moved)?),
        Action::Calm(None) => Action::Calm(None),
        Action::Calm(Some(healed)) => {
            let healed: Vec<_> = healed.iter().filter_map(|id| moved(*id)).collect();
            (!healed.is_empty()).then_some(())?;
            Action::Calm(Some(healed))
        }
    })
}

fn in_fault(fault: &Fault, moved: Moved<'_>) -> Option<Fault> {
    let mut fault = fault.clone();
    match fault_subject(&mut fault) {
        Subject::Group(group) => *group = in_group(group, moved)?,
        Subject::Links(links) => *links = in_links(links, moved)?,
        Subject::Nobody => {}
    }
    Some(fault)
}

/// Whom a fault is about.
pub(super) enum Subject<'a> {
    Group(&'a mut Group),
    Links(&'a mut Links),
    Nobody,
}

/// Whom `fault` is about.
pub(super) fn fault_subject(fault: &mut Fault) -> Subject<'_> {
    match fault {
        Fault::Cut(links)
        | Fault::Heal(links)
        | Fault::Clog(links)
        | Fault::Release(links)
        | Fault::Reset(links)
        | Fault::Refuse(links)
        | Fault::Hang(links)
        | Fault::Accept(links)
        | Fault::Slow(links, _) => Subject::Links(links),
        Fault::Crash(group, _)
        | Fault::Boot(group)
        | Fault::Stop(group)
        | Fault::Start(group)
        | Fault::Replace(group)
        | Fault::Pause(group)
        | Fault::Suspend(group)
        | Fault::Resume(group)
        | Fault::Lag(group, _)
        | Fault::ClockOffset(group, _)
        | Fault::ClockDrift(group, _)
        | Fault::DiskFull(group)
        | Fault::DiskSlow(group, _)
        | Fault::DiskStalls(group)
        | Fault::DiskWorks(group)
        | Fault::DiskRots(group, _) => Subject::Group(group),
        Fault::Condition(_) => Subject::Nobody,
    }
}

fn in_group(group: &Group, moved: Moved<'_>) -> Option<Group> {
    let Group::Processes(processes) = group else { return Some(group.clone()) };
    let left: Names = processes.iter().filter_map(|id| moved(*id)).collect();
    (!left.is_empty()).then_some(Group::Processes(left))
}

fn in_links(links: &Links, moved: Moved<'_>) -> Option<Links> {
    let Links::Between(pairs) = links else { return Some(links.clone()) };
    let left: Vec<_> = pairs.iter().filter_map(|sides| in_sides(sides, moved)).collect();
    (!left.is_empty()).then_some(Links::Between(left))
}

fn in_sides(sides: &Sides, moved: Moved<'_>) -> Option<Sides> {
    let (left, right) = (in_group(&sides.left, moved)?, in_group(&sides.right, moved)?);
    Some(Sides { left, right, both: sides.both })
}

fn in_luck(luck: &Luck, moved: Moved<'_>) -> Option<Luck> {
    let mut luck = luck.clone();
    match &mut luck {
        Luck::Message { link, .. } => {
            *link = Link { from: moved(link.from)?, to: moved(link.to)? };
        }
        Luck::Random { process, .. }
        | Luck::Sync { process, .. }
        | Luck::WriteFails { process, .. }
        | Luck::Late { process, .. }
        | Luck::Crash { process, .. }
        | Luck::Rot { process, .. } => *process = moved(*process)?,
    }
    Some(luck)
}
