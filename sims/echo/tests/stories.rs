//! Stories: scripts written by hand, each with the trace of its run. A comment at the top of each
//! script says what happens and why it is right.

use squall_sim_echo::EchoSystem;
use squall_stories::{assert_kept, golden, stories};

stories! { echo, EchoSystem, "scripts",
    a_word_comes_back
    a_lost_word_is_said_again
    a_word_heard_twice_is_answered_once
}

#[test]
fn a_seed_means_the_same_everywhere() {
    assert_kept!("golden_digests", golden(&EchoSystem));
}
