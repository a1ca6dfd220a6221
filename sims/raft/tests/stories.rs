//! Stories: scripts written by hand, each with the trace of its run. A comment at the top of each
//! script says what happens and why it is right.

use squall_sim_raft::RaftSystem;
use squall_stories::{museum, stories};

stories! { raft, RaftSystem::SAFE, "scripts",
    election
    leader_cut_off
    leader_hands_over
    learner_is_promoted
    low_priority_is_refused
    member_replaced
    promise_outlives_a_restart
    read_index_under_a_cut
    restart_in_the_middle_of_an_append
    snapshot_to_a_laggard
    votes_of_a_new_disk_do_not_count
}

#[test]
fn the_museum_keeps_its_promises() {
    museum::holds(&RaftSystem::SAFE, concat!(env!("CARGO_MANIFEST_DIR"), "/bugs"), 2);
}
