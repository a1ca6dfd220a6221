//! Stories: scripts written by hand, each with the trace beneath that shows what came of it. A
//! comment on top of each script says what happens and why that is right.

use squall_sim_log::Log;
use squall_stories::{museum, stories};

stories! { log, Log, "scripts",
    election
    election_across_a_bridge
    grows_from_one_to_three_and_loses_its_founder
    guarded_operations
    laggard_whose_source_dies
    lease_of_a_suspended_leader
    lost_disk_is_added_anew
    operation_of_an_expired_session
    replacement_while_another_is_down
    rot_in_a_vote
    stale_read_within_its_bound
    transfer_drops_the_lease
}

#[test]
fn the_museum_keeps_its_promises() {
    museum::holds(&Log, concat!(env!("CARGO_MANIFEST_DIR"), "/bugs"), 20);
}
