//! Stories: scripts written by hand, each with the trace of its run. A comment at the top of each
//! script says what happens and why it is right.

use squall_sim_synod::Synod;
use squall_stories::{museum, stories};

stories! { synod, Synod, "scripts",
    bridge
    client_dies_with_its_operation_open
    clogged_link_released_in_a_burst
    disk_full_then_free
    distinguished_learner_dies
    duelling_proposers
    everyone_counts
    failed_sync_halts
    isolated_leader
    late_learner
    mail_of_a_dead_incarnation
    majorities_ring
    minority_decides
    one_way_cut
    promise_survives_a_crash
    replaced_disk_makes_mute
    suspended_leader
    torn_vote_is_dropped
    uncontested_choice
    unsynced_promise_is_lost
    value_of_the_highest_ballot
    vote_survives_a_crash
}

#[test]
fn the_museum_keeps_its_promises() {
    museum::holds(&Synod, concat!(env!("CARGO_MANIFEST_DIR"), "/bugs"), 20);
}
