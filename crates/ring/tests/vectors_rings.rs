//! Rings that place as Envoy and nginx place. The numbers are facts, re-typed from the sources
//! named at each.

use squall_ring::{
    Circle, Dialect, Envoy, EnvoyRing, KeyHash, Nginx, NginxRing, Placement, RingSizeError, Weight,
};

fn weight(number: u64) -> Weight {
    Weight::new(number).expect("a weight")
}

fn envoy(hash: KeyHash, least: u64, most: u64, hosts: &[(&str, u64)]) -> EnvoyRing<String> {
    let rules = Envoy::new(hash, least, most).expect("sizes in order");
    let nodes = hosts.iter().map(|(name, number)| ((*name).to_owned(), weight(*number)));
    EnvoyRing::with_nodes(rules, nodes).expect("distinct hosts")
}

fn xxh64(least: u64, most: u64, hosts: &[(&str, u64)]) -> EnvoyRing<String> {
    envoy(KeyHash::Xxh64 { seed: 0 }, least, most, hosts)
}

/// The points as (last two characters of the host, position).
fn drawn<D: Dialect>(ring: &Circle<String, D>) -> Vec<(&str, u64)> {
    ring.points().map(|(position, host)| (&host[host.len() - 2..], position)).collect()
}

const SIX: [(&str, u64); 6] = [
    ("127.0.0.1:90", 1),
    ("127.0.0.1:91", 1),
    ("127.0.0.1:92", 1),
    ("127.0.0.1:93", 1),
    ("127.0.0.1:94", 1),
    ("127.0.0.1:95", 1),
];

/// `envoyproxy/envoy`, `ring_hash_lb_test.cc`, test `Basic`.
#[test]
fn envoy_with_xxhash() {
    let ring = xxh64(12, Envoy::SIZE_MAX, &SIX);
    let expected = [
        ("94", 833_437_586_790_550_860),
        ("92", 928_266_305_478_181_108),
        ("90", 1_033_482_794_131_418_490),
        ("95", 3_551_244_743_356_806_947),
        ("93", 3_851_675_632_748_031_481),
        ("91", 5_583_722_120_771_150_861),
        ("91", 6_311_230_543_546_372_928),
        ("93", 7_700_377_290_971_790_572),
        ("95", 13_144_177_310_400_110_813),
        ("92", 13_444_792_449_719_432_967),
        ("94", 15_516_499_411_664_133_160),
        ("90", 16_117_243_373_044_804_889),
    ];
    assert_eq!(drawn(&ring), expected);
    // On a point, one behind it, and around the wrap.
    let owner = |hash| ring.get_hash(hash).map(|host| &host[10..]);
    assert_eq!(owner(0), Some("94"));
    assert_eq!(owner(u64::MAX), Some("94"));
    assert_eq!(owner(3_551_244_743_356_806_947), Some("95"));
    assert_eq!(owner(3_551_244_743_356_806_948), Some("93"));
    assert_eq!(owner(16_117_243_373_044_804_880), Some("90"));
}

/// The same file, `BasicWithMurmur2`.
#[test]
fn envoy_with_murmur2() {
    let hosts = ["80", "81", "82", "83", "84", "85"].map(|port| format!("127.0.0.1:{port}"));
    let hosts: Vec<(&str, u64)> = hosts.iter().map(|host| (host.as_str(), 1)).collect();
    let ring = envoy(KeyHash::Murmur64A { seed: 0xc70f_6907 }, 12, Envoy::SIZE_MAX, &hosts);
    let expected = [
        ("85", 1_358_027_074_129_602_068),
        ("83", 4_361_834_613_929_391_114),
        ("84", 7_224_494_972_555_149_682),
        ("81", 7_701_421_856_454_313_576),
        ("82", 8_649_315_368_077_433_379),
        ("84", 8_739_448_859_063_030_639),
        ("81", 9_887_544_217_113_020_895),
        ("82", 10_150_910_876_324_007_731),
        ("83", 15_168_472_011_420_622_455),
        ("80", 15_427_156_902_705_414_897),
        ("85", 16_375_050_414_328_759_093),
        ("80", 17_613_279_263_364_193_813),
    ];
    assert_eq!(drawn(&ring), expected);
}

/// The same file, `BasicWithHostname`: the key is whatever names the host.
#[test]
fn envoy_by_host_name() {
    let hosts = ["90", "91", "92", "93", "94", "95"].map(|name| (name, 1));
    let expected = [
        ("95", 1_975_508_444_536_362_413),
        ("95", 2_376_063_919_839_173_711),
        ("93", 2_386_806_903_309_390_596),
        ("94", 6_749_904_478_991_551_885),
        ("93", 6_803_900_775_736_438_537),
        ("92", 7_225_015_537_174_310_577),
        ("90", 8_787_465_352_164_086_522),
        ("92", 11_282_020_843_382_717_940),
        ("91", 13_723_418_369_486_627_818),
        ("90", 13_776_502_110_861_797_421),
        ("91", 14_338_313_586_354_474_791),
        ("94", 15_364_271_037_087_512_980),
    ];
    assert_eq!(drawn(&xxh64(12, Envoy::SIZE_MAX, &hosts)), expected);
}

/// The same file, `UnevenHosts`: a minimum of three points on two hosts makes four.
#[test]
fn envoy_rounds_up_to_whole_points_a_host() {
    let ring = xxh64(3, Envoy::SIZE_MAX, &[("127.0.0.1:80", 1), ("127.0.0.1:81", 1)]);
    let expected = [
        ("80", 5_454_692_015_285_649_509),
        ("81", 7_859_399_908_942_313_493),
        ("80", 13_838_424_394_637_650_569),
        ("81", 16_064_866_803_292_627_174),
    ];
    assert_eq!(drawn(&ring), expected);
}

const WEIGHTED: [(&str, u64); 3] = [("127.0.0.1:90", 1), ("127.0.0.1:91", 2), ("127.0.0.1:92", 3)];

/// The same file, `HostWeightedTinyRing` and `HostWeightedLargeRing`.
#[test]
fn envoy_with_weights() {
    let tiny = xxh64(6, 6, &WEIGHTED);
    let expected = [
        ("92", 928_266_305_478_181_108),
        ("92", 4_443_673_547_860_492_590),
        ("91", 5_583_722_120_771_150_861),
        ("91", 6_311_230_543_546_372_928),
        ("92", 13_444_792_449_719_432_967),
        ("90", 16_117_243_373_044_804_889),
    ];
    assert_eq!(drawn(&tiny), expected);

    let large = xxh64(6144, Envoy::SIZE_MAX, &WEIGHTED);
    assert_eq!(large.points().count(), 6144);
    let mut counts = [0; 3];
    for number in 0..6000_u32 {
        let hash = u64::from(number) * (u64::MAX / 6000);
        counts[large.place(hash).expect("hosts").index()] += 1;
    }
    assert_eq!(counts, [987, 1932, 3081]);
}

/// The same file, `LargeFractionalScale`: 1,023 points on two hosts are 512 and 511.
#[test]
fn envoy_with_fractions_of_points() {
    let ring = xxh64(1023, 1023, &[("127.0.0.1:90", 1), ("127.0.0.1:91", 1)]);
    assert_eq!(ring.points().filter(|(_, host)| host.ends_with("90")).count(), 512);
    let mut counts = [0; 2];
    for number in 0..1023_u32 {
        let hash = u64::from(number) * (u64::MAX / 1023);
        counts[ring.place(hash).expect("hosts").index()] += 1;
    }
    assert_eq!(counts, [526, 497]);
}

/// The same file, `SmallFractionalScale`: four hosts on two points, two hosts go without.
#[test]
fn envoy_with_fewer_points_than_hosts() {
    assert_eq!(xxh64(2, 2, &SIX[..4]).points().count(), 2);
}

/// The same file, `BadRingSizeBounds`.
#[test]
fn envoy_refuses_bounds_out_of_order() {
    let error = Envoy::new(KeyHash::default(), 20, 10).expect_err("out of order");
    assert_eq!(error, RingSizeError { minimum: 20, maximum: 10 });
    let text = "ring hash: minimum_ring_size (20) > maximum_ring_size (10)";
    assert_eq!(error.to_string(), text);
}

/// A trace of nginx 1.x with `hash $request_uri consistent` over nine servers of weight 100: the
/// key and the server that nginx chose, as published in `cloudflare/pingora`,
/// `pingora-ketama/test-data/sample-nginx-upstream.csv`.
#[test]
fn nginx_chose_these_servers() {
    let servers = (1..=9).map(|number| (format!("10.0.0.{number}:443"), weight(100)));
    let ring = NginxRing::with_nodes(Nginx, servers).expect("nine servers");
    let mut lines = 0;
    for line in include_str!("vectors/nginx.txt").lines() {
        let (key, number) = line.split_once(' ').expect("a key and a number");
        let owner = ring.get(format!("/{key}").as_bytes()).expect("nine servers");
        assert_eq!(*owner, format!("10.0.0.{number}:443"), "key /{key}");
        lines += 1;
    }
    assert_eq!(lines, 1001);
}
