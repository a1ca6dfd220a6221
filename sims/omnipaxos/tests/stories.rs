//! Stories: scripts written by hand, each with the trace of its run. A comment at the top of each
//! script says what happens and why it is right.

use squall_sim_omnipaxos::OmniPaxosSystem;
use squall_stories::{museum, stories};

stories! { omnipaxos, OmniPaxosSystem::SAFE, "scripts",
    a_log_is_trimmed
    a_server_takes_the_lead
    chained_connectivity
    election
    leader_cut_off
    member_replaced
    priority_decides
    restart_in_the_middle_of_an_append
    snapshot_to_a_laggard
}

stories! { as_published, OmniPaxosSystem::AS_PUBLISHED, "found",
    a_delta_forgets_what_was_before
    a_stop_sign_is_counted_twice
}

#[test]
fn the_museum_keeps_its_promises() {
    museum::holds(&OmniPaxosSystem::SAFE, concat!(env!("CARGO_MANIFEST_DIR"), "/bugs"), 2);
}
