//! Node lists that people write, the survey of them, and what is drawn of it.

use std::cell::Cell;

use squall_ring::draw::{NodeListError, page, parse_nodes, ring_picture, table};
use squall_ring::{
    ChangeError, Node, Ring, Survey, SurveyError, VirtualNodes, Weight, WeightError,
};

fn weight(number: u64) -> Weight {
    Weight::new(number).expect("a weight")
}

fn survey(nodes: &[(Node, Weight)], keys: u64) -> Result<Survey, SurveyError> {
    squall_ring::survey(nodes, keys, &|_| true)
}

#[test]
fn lists_are_json_or_text() {
    let expected = [
        (Node::new("a"), weight(2)),
        (Node::new("b").in_zone("z"), weight(1)),
        (Node::new("c"), weight(1)),
    ];
    let json = r#"[{"name":"a","weight":2},{"name":"b","zone":"z"},"c"]"#;
    assert_eq!(parse_nodes(json).expect("a list"), expected);
    let named = format!("{{\"nodes\": {json}}}");
    assert_eq!(parse_nodes(&named).expect("a list"), expected);
    let text = "# name weight zone\na 2\n\n  b 1 z # the second\nc\n";
    assert_eq!(parse_nodes(text).expect("a list"), expected);
}

#[test]
fn lists_that_are_wrong_say_where() {
    assert!(matches!(parse_nodes("[1"), Err(NodeListError::Json(_))));
    assert!(matches!(parse_nodes(" # nothing\n"), Err(NodeListError::Empty)));
    assert!(matches!(parse_nodes("[]"), Err(NodeListError::Empty)));
    for text in ["a 1\nb 0", "a\nb -1", "a\nb NaN", "a\nb x"] {
        let error = parse_nodes(text).expect_err("a wrong weight");
        assert!(matches!(error, NodeListError::WeightText { line: 2, .. }), "{error}");
    }
    let says = |text: &str, why: &str| {
        let error = parse_nodes(text).expect_err("a wrong list").to_string();
        assert!(error.contains(why) && !error.contains("untagged"), "{error}");
    };
    says("a 1\nb 0", "line 2: \"0\" is not a weight: weight 0: a node that should get nothing");
    says("a\nb 1 z more", "line 2: \"more\" is one word too many");
    says(r#"["a", {"name":"b","wight":5}]"#, "node 2 of the list: unknown field `wight`");
    says(r#"{"nodes":["a"],"knots":[]}"#, "unknown field `knots`");
    says(r#"{"name":"a"}"#, "unknown field `name`, expected `nodes`");
    says(r#"["a", 5]"#, "node 2 of the list: invalid type: integer `5`");
    says(r#"["a", {"weight":5}]"#, "node 2 of the list: missing field `name`");
    says(r#"["a", ""]"#, "node 2 of the list has an empty name");
    says(r#"[{"name":""}]"#, "node 1 of the list has an empty name");
    let zero = parse_nodes(r#"[{"name":"a","weight":0}]"#).expect_err("zero");
    let NodeListError::Weight { node, error } = zero else { panic!("{zero}") };
    assert_eq!((node.as_str(), error), ("a", WeightError::Zero));
    let twice = parse_nodes("a\na").expect("a list, as far as it goes");
    assert_eq!(survey(&twice, 10), Err(ChangeError::Duplicate { key: b"a".to_vec() }.into()));
}

#[test]
fn a_survey_says_what_moves_and_what_must() {
    let nodes: Vec<(Node, Weight)> =
        (0..12).map(|number| (Node::new(format!("n{number}")), weight(1))).collect();
    let survey = survey(&nodes, 20_000).expect("distinct names");
    assert_eq!(survey.schemes.len(), 10);
    for row in &survey.schemes {
        let name = &row.scheme;
        assert!((row.shares.iter().sum::<f64>() / 12.0 - 1.0).abs() < 1e-9, "{name}");
        assert!(row.leaving_had > 0.0 && row.moved_by_leaving >= row.leaving_had, "{name}");
        assert!(row.joining_has > 0.0 && row.moved_by_joining >= row.joining_has, "{name}");
        let least = ["ring, 160", "nginx", "rendezvous", "multi-probe", "anchor", "jump"];
        if least.iter().any(|scheme| name.starts_with(scheme)) {
            assert!(row.moved_by_leaving - row.leaving_had < 1e-12, "{name}");
            assert!(row.moved_by_joining - row.joining_has < 1e-12, "{name}");
        }
        if let (Some(error), Some(peak)) = (row.error_expected, row.peak_expected) {
            // The error of multi-probe is in a few small arcs, and most rings have none.
            let least = if name.starts_with("multi-probe") { 0.0 } else { 0.4 };
            assert!((least..1.8).contains(&(row.error / error)), "{name}: {} {error}", row.error);
            assert!((row.peak - peak).abs() < 0.2, "{name}: {} {peak}", row.peak);
        }
    }
    let text = serde_json::to_string(&survey).expect("a survey is data");
    assert!(text.contains("\"moved_by_leaving\""));
    assert_eq!(table(&survey).lines().count(), 3 + 10 + 1 + 2);
}

/// One node has all, a name may be taken, and what cannot hold the nodes is left out with a reason.
#[test]
fn odd_lists_are_surveyed_too() {
    let one = survey(&[(Node::new("a node that joins"), weight(1))], 1).expect("one node");
    for row in &one.schemes {
        let name = &row.scheme;
        assert_eq!((row.peak, row.error, row.leaves.as_str()), (1.0, 0.0, "a node that joins"));
        assert!(row.error_expected.is_none_or(|error| error == 0.0), "{name}");
        assert_eq!(row.moved_by_leaving, 1.0, "{name}");
    }
    assert_eq!(one.joins, "a node that joins'");
    assert!(table(&one).starts_with("1 node of weight 1 together, 1 key;"), "{}", table(&one));

    let heavy = [("a", 1), ("b", 4_000_000)].map(|(name, own)| (Node::new(name), weight(own)));
    let heavy = survey(&heavy, 1000).expect("distinct names");
    let left_out: Vec<&str> = heavy.left_out.iter().map(|one| one.scheme.as_str()).collect();
    assert_eq!(left_out, ["ring, 160 points", "nginx", "ring, loads bounded by 1.25"]);
    let text = table(&heavy);
    let said = "nginx is left out: 640000160 points, but a ring holds at most 16777216\n";
    assert!(text.contains(said), "{text}");
    let jump = heavy.schemes.iter().find(|row| row.scheme == "jump").expect("jump");
    assert_eq!(jump.leaves, "b");
    assert!(text.contains("leaves: a; joins: a node that joins\njump: leaves: b, its last"));
}

/// Bounded loads remember every key, so they are given fewer, and never go above the limit.
#[test]
fn bounded_loads_stay_below_their_limit() {
    let nodes: Vec<(Node, Weight)> =
        (1..=10).map(|number| (Node::new(format!("n{number}")), weight(number))).collect();
    let survey = survey(&nodes, 21_000).expect("distinct names");
    let bounded = survey.schemes.last().expect("the last scheme");
    let limit = bounded.peak_limit.expect("a limit");
    assert!((1.25..1.26).contains(&limit) && bounded.peak <= limit, "{bounded:?}");
    assert_eq!((survey.keys, bounded.keys), (21_000, 20_000));
    assert!(table(&survey).contains("bounded by 1.25: 20000 keys only"));
    assert!(table(&survey).contains(&format!("<={limit:.3}")));
    let probes = survey.schemes.iter().find(|row| row.scheme.starts_with("multi-probe"));
    let peak = probes.and_then(|row| row.peak_expected).expect("the paper's");
    assert!((1.05..1.10).contains(&peak), "{peak}");
}

/// A survey reports its progress to the callback, which can stop it.
#[test]
fn a_survey_is_watched_and_can_be_stopped() {
    let nodes = [(Node::new("a"), weight(1)), (Node::new("b"), weight(1))];
    let seen = Cell::new((0, 0));
    let watched = squall_ring::survey(&nodes, 5000, &|so_far| {
        assert!(so_far.placed >= seen.get().0 && so_far.placed < so_far.all);
        seen.set((so_far.placed, so_far.all));
        true
    });
    assert_eq!(watched.map(|survey| survey.keys), Ok(5000));
    let (placed, all) = seen.get();
    assert!(placed > all - 1100, "{placed} of {all}");
    let stopped = squall_ring::survey(&nodes, u64::MAX / 100, &|so_far| so_far.placed < 10_000);
    assert_eq!(stopped, Err(SurveyError::Stopped));
}

/// Names are the user's, and no part of the page's language.
#[test]
fn pictures_and_pages_are_whole_and_escape_names() {
    let nodes = vec![(Node::new("<b>&\"x"), weight(3)), (Node::new("plain"), weight(1))];
    let ring = Ring::with_nodes(VirtualNodes::default(), nodes.clone()).expect("distinct names");
    let picture = ring_picture(&ring);
    assert!(picture.starts_with("<svg") && picture.ends_with("</svg>\n"));
    assert!(picture.contains("&lt;b&gt;&amp;&quot;x") && !picture.contains("<b>"));
    assert!(picture.contains("2 nodes") && picture.contains("640 points"));
    let page = page(&survey(&nodes, 1000).expect("distinct names"), &picture);
    assert!(page.contains(&picture) && page.ends_with("</html>\n"));
    assert!(!page.contains("<b>"));
    let empty = Ring::<Node>::new(VirtualNodes::default());
    assert!(ring_picture(&empty).contains("0 nodes"));
}
