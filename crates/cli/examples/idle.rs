//! The smallest program: a system whose processes do nothing.

use squall::prelude::*;
use squall_cli::Squall;

#[derive(Debug)]
struct Idle;

impl Process for Idle {
    type Message = Infallible;
    type Timer = Infallible;
    type Record = Infallible;
    type Op = u32;
    type Reply = Infallible;
    type Claim = Infallible;

    fn step(&mut self, _: Input<Self>, _: &mut Context<'_, Self>) {}
}

struct IdleSystem;

impl System for IdleSystem {
    type Process = Idle;
    type Setup = ();
    type Panel = (AnsweredOnce,);

    fn profile(&self) -> Profile {
        Profile::new("idle", "processes that do nothing", "7")
    }

    fn setup(&self, _: &Script) -> Result<(), Refused> {
        Ok(())
    }

    fn build(&self, (): &(), _: ProcessId) -> Idle {
        Idle
    }

    fn panel(&self, _: &Script, (): &()) -> Self::Panel {
        (AnsweredOnce::new(),)
    }

    fn draw_op(&self, _: &mut Draw, _: ProcessId, number: u32) -> u32 {
        number
    }
}

fn main() -> ExitCode {
    Squall::new().system(IdleSystem).main()
}
