//! Measured statistics, equal schedules, order and bounds of the conditioner.

use core::time::Duration;

use super::*;

const SPACING_US: u64 = 16_667;

/// One packet each 60th of a second, numbered; what arrived, with the delay it took.
fn run(network: Network, delivery: Delivery, seed: u64, packets: u32) -> Vec<(u32, u64)> {
    let mut lane = Conditioner::new(network, delivery, seed);
    let mut arrived = Vec::new();
    for number in 0..packets {
        let now = Instant(u64::from(number) * SPACING_US);
        collect(&mut lane, now, &mut arrived);
        lane.send(now, number.to_le_bytes().to_vec())
            .expect("a short queue");
    }
    collect(&mut lane, Instant(u64::MAX), &mut arrived);
    arrived
}

/// Drains one wake-up at a time, as a driver does, so that delays are exact.
fn collect(lane: &mut Conditioner, now: Instant, arrived: &mut Vec<(u32, u64)>) {
    while let Some(wake) = lane.next_wake().filter(|wake| *wake <= now) {
        while let Some(bytes) = lane.poll(wake) {
            let number = u32::from_le_bytes(bytes.try_into().expect("four bytes"));
            arrived.push((number, wake.micros() - u64::from(number) * SPACING_US));
        }
    }
}

fn share_lost(network: Network, seed: u64, packets: u32) -> f64 {
    let got = run(network, Delivery::Datagrams, seed, packets).len();
    1.0 - got as f64 / f64::from(packets)
}

#[test]
fn every_preset_loses_its_share() {
    for (at, name) in Network::NAMES.iter().enumerate() {
        let mut network: Network = name.parse().expect("a listed name");
        (network.duplicates, network.outages) = (0.0, None);
        for seed in 0..4 {
            let lost = share_lost(network, seed * 100 + at as u64, 60_000);
            let wanted = f64::from(network.loss);
            let bound = 0.0005 + wanted * 0.15;
            assert!(
                (lost - wanted).abs() <= bound,
                "{name} seed {seed}: lost {lost}"
            );
        }
    }
}

#[test]
fn losses_come_in_whole_bursts() {
    let arrived = run(Network::MOBILE_4G, Delivery::Datagrams, 3, 60_000);
    let mut gaps = arrived
        .windows(2)
        .map(|pair| pair[1].0 - pair[0].0 - 1)
        .filter(|gap| *gap > 0);
    assert!(gaps.all(|gap| gap % 3 == 0));
}

#[test]
fn delay_is_half_the_round_trip_and_half_the_jitter() {
    for name in ["lan", "broadband", "wifi", "4g", "satellite"] {
        let network: Network = name.parse().expect("a listed name");
        let arrived = run(network, Delivery::Datagrams, 9, 20_000);
        let half_us = network.rtt.as_micros() as u64 / 2;
        let jitter_us = network.jitter.as_micros() as u64 / 2;
        let mean_us = arrived.iter().map(|one| one.1).sum::<u64>() / arrived.len() as u64;
        // Keeping order delays a little: never more than the jitter itself.
        assert!(
            mean_us.abs_diff(half_us) <= 50 + jitter_us / 3,
            "{name}: mean {mean_us} us"
        );
        for (number, delay_us) in arrived {
            let ok = delay_us + jitter_us >= half_us && delay_us <= half_us + jitter_us + 1;
            assert!(ok, "{name}: packet {number} took {delay_us} us");
        }
    }
}

#[test]
fn jitter_alone_keeps_order_and_reordering_breaks_it() {
    let shaken = Network {
        loss: 0.0,
        burst_packets: 1,
        ..Network::MOBILE_4G
    };
    let in_order = |arrived: &[(u32, u64)]| arrived.windows(2).all(|pair| pair[0].0 < pair[1].0);
    assert!(in_order(&run(shaken, Delivery::Datagrams, 5, 5_000)));
    let stirred = Network {
        reorder: 0.03,
        ..shaken
    };
    assert!(!in_order(&run(stirred, Delivery::Datagrams, 5, 5_000)));
}

#[test]
fn duplicates_come_in_their_share() {
    let network = Network {
        duplicates: 0.05,
        ..Network::BROADBAND
    };
    let got = run(
        Network {
            loss: 0.0,
            ..network
        },
        Delivery::Datagrams,
        5,
        20_000,
    )
    .len();
    assert!((20_800..=21_200).contains(&got), "{got} arrivals of 20000");
}

#[test]
fn equal_seeds_give_equal_schedules() {
    for network in [Network::BAD, Network::TRAIN] {
        for delivery in [Delivery::Datagrams, Delivery::Stream] {
            let first = run(network, delivery, 77, 5_000);
            assert_eq!(first, run(network, delivery, 77, 5_000));
            assert_ne!(first, run(network, delivery, 78, 5_000));
        }
    }
}

#[test]
fn a_stream_keeps_everything_in_order_and_stalls() {
    for network in [Network::BAD, Network::TRAIN, Network::MOBILE_4G] {
        let arrived = run(network, Delivery::Stream, 8, 10_000);
        let numbers: Vec<u32> = arrived.iter().map(|one| one.0).collect();
        assert_eq!(numbers, (0..10_000).collect::<Vec<u32>>());
        let slowest_us = arrived.iter().map(|one| one.1).max().unwrap_or(0);
        let rtt_us = network.rtt.as_micros() as u64;
        assert!(
            slowest_us > rtt_us + rtt_us / 2,
            "no stall: slowest {slowest_us} us"
        );
    }
}

#[test]
fn an_outage_silences_every_lane_of_a_route() {
    let quiet = Network {
        loss: 0.0,
        jitter: Duration::ZERO,
        ..Network::TRAIN
    };
    let got = run(quiet, Delivery::Datagrams, 4, 20_000);
    let gaps: Vec<u32> = got.windows(2).map(|two| two[1].0 - two[0].0 - 1).collect();
    let outages = gaps.iter().filter(|gap| **gap > 0).count();
    assert!((25..=45).contains(&outages), "{outages} outages in 333 s");
    assert!(
        gaps.iter().all(|gap| matches!(gap, 0 | 17..=19)),
        "an outage lasts 18 packets"
    );
    // The stream with the same seed stalls where datagrams are missing.
    let stalled = run(quiet, Delivery::Stream, 4, 20_000);
    let first_gap = got
        .windows(2)
        .find(|two| two[1].0 > two[0].0 + 1)
        .expect("an outage")[0]
        .0;
    assert!(stalled[first_gap as usize + 1].1 > stalled[first_gap as usize].1 + 200_000);
}

#[test]
fn a_bottleneck_delays_then_drops() {
    let rate = Rate {
        bytes_per_s: 10_000,
        queue_bytes_max: 5_000,
    };
    let network = Network {
        rate: Some(rate),
        ..Network::PERFECT
    };
    let mut lane = Conditioner::new(network, Delivery::Datagrams, 1);
    for _ in 0..100 {
        lane.send(Instant(0), vec![0; 100])
            .expect("datagrams are never given back");
    }
    assert_eq!((lane.carried().sent, lane.carried().refused), (50, 50));
    assert_eq!(lane.next_wake(), Some(Instant::from_millis(10)));
    let mut last = Instant(0);
    while let Some(wake) = lane.next_wake() {
        last = wake;
        lane.poll(wake).expect("due");
    }
    assert_eq!(last, Instant::from_millis(500));
}

#[test]
fn a_full_stream_gives_the_packet_back() {
    let rate = Rate {
        bytes_per_s: 1_000,
        queue_bytes_max: 250,
    };
    let network = Network {
        rate: Some(rate),
        ..Network::LAN
    };
    let mut lane = Conditioner::new(network, Delivery::Stream, 1);
    assert!(lane.send(Instant(0), vec![1; 100]).is_ok());
    assert!(lane.send(Instant(0), vec![2; 100]).is_ok());
    assert_eq!(lane.send(Instant(0), vec![3; 100]), Err(vec![3; 100]));
    assert!(lane.send(Instant::from_millis(100), vec![3; 100]).is_ok());
}

#[test]
fn the_number_of_packets_is_bounded() {
    let mut lane = Conditioner::new(Network::LAN, Delivery::Datagrams, 1);
    for _ in 0..CONDITIONER_PACKETS_MAX + 10 {
        lane.send(Instant(0), Vec::new())
            .expect("datagrams are never given back");
    }
    assert_eq!(lane.carried().refused, 10);
}

#[test]
fn a_partition_loses_datagrams_and_holds_a_stream() {
    for delivery in [Delivery::Datagrams, Delivery::Stream] {
        let mut lane = Conditioner::new(Network::LAN, delivery, 1);
        lane.partition();
        lane.send(Instant(0), vec![7]).expect("room");
        assert_eq!(lane.next_wake(), None);
        lane.heal(Instant::from_millis(900));
        let got = lane.next_wake().map(|wake| (wake, lane.poll(wake)));
        match delivery {
            Delivery::Datagrams => assert_eq!(got, None),
            Delivery::Stream => assert_eq!(got, Some((Instant(900_500), Some(vec![7])))),
        }
    }
}
