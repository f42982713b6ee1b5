//! Tests of [`super`].

use std::time::Duration;

use model::{CmState, ReportedAt, UeLocation, UeSource};

use super::*;

const A: AmfSlot = AmfSlot(0);
const B: AmfSlot = AmfSlot(1);

fn track() -> Track {
    Track::new(Limits { gone_after: 2, idle_gone_after: Duration::from_secs(3600) })
}

fn supi(n: u64) -> Supi {
    Supi::from_imsi(208_930_000_000_000 + n, 15).expect("an IMSI")
}

fn at(cell: u32) -> Option<UeLocation> {
    let cell = format!("208-93-{cell:09x}").parse().expect("a cell");
    Some(UeLocation { cell: Some(cell), tai: Some("208-93-000001".parse().expect("a TAI")), position: None })
}

fn sighting(n: u64, cell: u32, micros: u64) -> Sighting {
    Sighting {
        supi: supi(n),
        location: at(cell),
        cm: Some(CmState::Connected),
        reported_at: (micros > 0).then(|| ReportedAt::from_micros(micros)),
        unheard_for: None,
        deregistered: false,
    }
}

fn idle(sighting: Sighting) -> Sighting {
    Sighting { cm: Some(CmState::Idle), ..sighting }
}

/// One whole poll; what it tells, in words.
fn poll(track: &mut Track, amf: AmfSlot, answer: &[Sighting]) -> Vec<String> {
    let epoch = track.begin_poll();
    answer_to(track, amf, epoch, answer)
}

fn answer_to(track: &mut Track, amf: AmfSlot, epoch: Epoch, answer: &[Sighting]) -> Vec<String> {
    let seen = Seen { amf, epoch, source: UeSource::Poll };
    let mut told: Vec<String> = answer.iter().flat_map(|s| tell(track, s, seen)).collect();
    let present = answer.iter().filter(|s| track.holds(amf, &s.supi)).count();
    for supi in track.missing(amf, epoch, Epoch(0), present as u32) {
        assert!(track.still_missing(&supi, amf, epoch));
        track.gone(&supi);
        told.push("gone".into());
    }
    track.answered(amf, epoch);
    told
}

fn push(track: &mut Track, amf: AmfSlot, sighting: &Sighting) -> Vec<String> {
    let seen = Seen { amf, epoch: track.after_polls(), source: UeSource::Push };
    tell(track, sighting, seen)
}

fn tell(track: &mut Track, sighting: &Sighting, seen: Seen) -> Vec<String> {
    let verdict = track.judge(sighting, seen);
    track.keep(sighting, seen);
    let word = |change: UeChange| match change {
        UeChange::Location(l) => format!("at {}", l.cell.map(|c| c.to_string()).unwrap_or_default()),
        UeChange::Connectivity { cm } => format!("{cm:?}"),
        UeChange::Gone => "gone".into(),
    };
    verdict.changes.into_iter().flatten().map(word).collect()
}

#[test]
fn only_changes_of_cell_area_or_cm_state_are_told() {
    let mut track = track();
    assert_eq!(poll(&mut track, A, &[sighting(1, 8, 10)]), ["at 208-93-000000008"]);
    // The time stamp moves with every NGAP message, also without movement.
    assert!(poll(&mut track, A, &[sighting(1, 8, 20)]).is_empty());
    assert_eq!(poll(&mut track, A, &[sighting(1, 9, 30)]), ["at 208-93-000000009"]);
    assert_eq!(poll(&mut track, A, &[idle(sighting(1, 9, 30))]), ["Idle"]);
    assert_eq!(poll(&mut track, A, &[sighting(1, 8, 40)]), ["at 208-93-000000008", "Connected"]);
}

#[test]
fn a_first_sight_tells_cm_state_only_where_it_is_idle() {
    let mut track = track();
    assert_eq!(poll(&mut track, A, &[idle(sighting(1, 8, 10))]), ["at 208-93-000000008", "Idle"]);
}

#[test]
fn what_is_judged_and_not_kept_is_told_again() {
    let mut track = track();
    let seen = Seen { amf: A, epoch: track.begin_poll(), source: UeSource::Poll };
    assert!(track.judge(&sighting(1, 8, 10), seen).tells());
    assert!(track.judge(&sighting(1, 8, 10), seen).tells());
    track.keep(&sighting(1, 8, 10), seen);
    assert!(!track.judge(&sighting(1, 8, 10), seen).tells());
}

#[test]
fn a_push_and_the_poll_that_confirms_it_tell_once() {
    let mut track = track();
    poll(&mut track, A, &[sighting(1, 8, 10)]);
    assert_eq!(push(&mut track, A, &sighting(1, 9, 20)), ["at 208-93-000000009"]);
    assert!(poll(&mut track, A, &[sighting(1, 9, 20)]).is_empty());
}

#[test]
fn an_answer_that_a_push_overtook_takes_nothing_back() {
    let mut track = track();
    poll(&mut track, A, &[sighting(1, 8, 0)]);
    let asked = track.begin_poll();
    assert_eq!(push(&mut track, A, &sighting(1, 9, 0)), ["at 208-93-000000009"]);
    assert!(answer_to(&mut track, A, asked, &[idle(sighting(1, 8, 0))]).is_empty());
    assert!(poll(&mut track, A, &[sighting(1, 9, 0)]).is_empty());
}

#[test]
fn an_older_report_changes_nothing() {
    let mut track = track();
    poll(&mut track, A, &[sighting(1, 8, 20)]);
    assert!(push(&mut track, A, &sighting(1, 9, 10)).is_empty());
    assert!(poll(&mut track, A, &[sighting(1, 8, 20)]).is_empty());
}

#[test]
fn a_ue_is_gone_after_it_is_missing_from_complete_answers() {
    let mut track = track();
    poll(&mut track, A, &[sighting(1, 8, 10), sighting(2, 8, 10)]);
    assert!(poll(&mut track, A, &[sighting(2, 8, 10)]).is_empty());
    assert_eq!(poll(&mut track, A, &[sighting(2, 8, 10)]), ["gone"]);
    assert!(poll(&mut track, A, &[sighting(2, 8, 10)]).is_empty());
    assert_eq!((track.len(), track.alive(A)), (1, 1));
}

#[test]
fn a_ue_that_was_missing_once_is_not_gone() {
    let mut track = track();
    for answer in [&[sighting(1, 8, 10)][..], &[], &[sighting(1, 8, 10)], &[]] {
        let told = poll(&mut track, A, answer);
        assert!(!told.contains(&"gone".to_owned()));
    }
}

#[test]
fn a_ue_that_registers_again_at_its_amf_is_back_whatever_its_time_stamp() {
    let mut track = track();
    poll(&mut track, A, &[sighting(1, 8, 10)]);
    poll(&mut track, A, &[]);
    assert_eq!(poll(&mut track, A, &[]), ["gone"]);
    assert_eq!(poll(&mut track, A, &[sighting(1, 8, 10)]), ["at 208-93-000000008"]);
}

#[test]
fn a_ue_that_a_push_brought_after_the_poll_was_asked_is_not_missing_from_its_answer() {
    let mut track = track();
    poll(&mut track, A, &[]);
    let asked = track.begin_poll();
    push(&mut track, A, &sighting(1, 8, 10));
    assert!(answer_to(&mut track, A, asked, &[]).is_empty());
    assert_eq!(track.len(), 1);
}

#[test]
fn of_two_amfs_the_newest_time_stamp_wins() {
    let mut track = track();
    poll(&mut track, A, &[sighting(1, 8, 10)]);
    assert!(poll(&mut track, B, &[sighting(1, 7, 5)]).is_empty());
    assert_eq!(poll(&mut track, B, &[sighting(1, 9, 20)]), ["at 208-93-000000009"]);
    // The old AMF's context goes; the UE does not.
    for _ in 0..3 {
        assert!(poll(&mut track, A, &[]).is_empty());
    }
    assert_eq!((track.alive(A), track.alive(B)), (0, 1));
}

#[test]
fn an_old_context_at_another_amf_does_not_bring_a_ue_back() {
    let mut track = track();
    poll(&mut track, A, &[sighting(1, 8, 20)]);
    poll(&mut track, A, &[]);
    assert_eq!(poll(&mut track, A, &[]), ["gone"]);
    assert!(poll(&mut track, B, &[idle(sighting(1, 7, 10))]).is_empty());
    assert_eq!(poll(&mut track, B, &[sighting(1, 7, 30)]), ["at 208-93-000000007"]);
}

#[test]
fn a_failed_amf_takes_no_ue_of_another_away() {
    let mut track = track();
    poll(&mut track, A, &[sighting(1, 8, 10)]);
    poll(&mut track, B, &[sighting(2, 8, 10)]);
    for _ in 0..5 {
        // A does not answer at all; B answers completely.
        assert!(poll(&mut track, B, &[sighting(2, 8, 10)]).is_empty());
    }
    assert_eq!(track.alive(A), 1);
}

#[test]
fn an_idle_context_that_is_unheard_of_for_too_long_is_stale() {
    let mut track = track();
    let silent =
        |seconds| Sighting { unheard_for: Some(Duration::from_secs(seconds)), ..idle(sighting(1, 8, 10)) };
    assert_eq!(poll(&mut track, A, &[silent(3599)]), ["at 208-93-000000008", "Idle"]);
    assert_eq!(poll(&mut track, A, &[silent(3600)]), ["gone"]);
    assert!(poll(&mut track, A, &[silent(3601)]).is_empty());
    assert_eq!(poll(&mut track, A, &[sighting(1, 8, 99)]), ["at 208-93-000000008"]);
    // One that was never known is not told of at all.
    let other = Sighting { supi: supi(2), ..silent(9999) };
    assert!(poll(&mut track, A, &[sighting(1, 8, 99), other]).is_empty());
    assert_eq!(track.len(), 1);
}

#[test]
fn a_goodbye_is_told_once() {
    let mut track = track();
    poll(&mut track, A, &[sighting(1, 8, 10)]);
    let goodbye = Sighting { deregistered: true, location: None, cm: None, ..sighting(1, 8, 0) };
    assert_eq!(push(&mut track, A, &goodbye), ["gone"]);
    assert!(push(&mut track, A, &goodbye).is_empty());
}

#[test]
fn marks_are_swept_after_nobody_reports_the_old_context() {
    let mut track = track();
    poll(&mut track, A, &[sighting(1, 8, 10)]);
    poll(&mut track, A, &[]);
    poll(&mut track, A, &[]);
    assert_eq!((track.len(), track.footprint().ues), (0, 1));
    for _ in 0..(2 * MARK_LIFE) {
        track.begin_poll();
    }
    assert_eq!(track.footprint().ues, 0);
}

#[test]
fn other_supis_than_imsis_are_tracked_too() {
    let mut track = track();
    let nai = Sighting { supi: "nai-a@b.example".parse().expect("a SUPI"), ..sighting(1, 8, 10) };
    assert_eq!(poll(&mut track, A, std::slice::from_ref(&nai)).len(), 1);
    assert!(poll(&mut track, A, &[nai]).is_empty());
    poll(&mut track, A, &[]);
    assert_eq!(poll(&mut track, A, &[]), ["gone"]);
}

#[test]
fn a_million_ues_take_at_most_64_bytes_each() {
    let mut track = track();
    let seen = Seen { amf: A, epoch: track.begin_poll(), source: UeSource::Poll };
    for n in 0..1_000_000 {
        track.keep(&sighting(n, (n % 5_000) as u32, 10 + n), seen);
    }
    let Footprint { ues, bytes } = track.footprint();
    assert_eq!(ues, 1_000_000);
    assert!(bytes <= 64 * ues, "{} bytes a UE", bytes as f64 / ues as f64);
}

#[test]
fn locations_that_no_ue_is_at_are_let_go_of() {
    let mut track = track();
    for cell in 0..300_000 {
        poll(&mut track, A, &[sighting(1, cell, u64::from(cell) + 1)]);
    }
    assert!(track.footprint().bytes < 32 << 20, "{:?}", track.footprint());
    assert!(poll(&mut track, A, &[sighting(1, 299_999, 400_000)]).is_empty());
}

fn event(n: u64, amf: Option<&str>, change: UeChange) -> model::UeEvent {
    model::UeEvent {
        supi: supi(n),
        observed_at: model::Timestamp::from_micros(1),
        reported_at: None,
        source: UeSource::Poll,
        amf: amf.map(Into::into),
        change,
    }
}

/// A track after a restart; `tail` was told after it was kept.
fn after_restart(track: &Track, tail: &[model::UeEvent]) -> Track {
    let bytes = postcard::to_stdvec(&track.save()).expect("an encoding");
    let limits = Limits { gone_after: 2, idle_gone_after: Duration::from_secs(3600) };
    let mut restored = Track::restore(limits, postcard::from_bytes(&bytes).expect("its own encoding"));
    tail.iter().for_each(|event| restored.replay(event));
    restored
}

#[test]
fn after_a_restart_every_ue_is_told_once_more_and_who_left_meanwhile_is_gone() {
    let mut before = track();
    let root = "http://127.0.0.18:8000/";
    let a = before.amf(&root.parse().expect("URL")).expect("room");
    assert_eq!(a, A);
    poll(&mut before, A, &[sighting(1, 8, 10), sighting(2, 8, 10), sighting(3, 8, 10)]);
    let tail = [
        event(3, None, UeChange::Gone),
        event(4, Some(root), UeChange::Location(at(9).expect("a location"))),
        event(5, Some(root), UeChange::Location(at(9).expect("a location"))),
    ];
    let mut track = after_restart(&before, &tail);
    assert_eq!((track.len(), track.alive(A)), (4, 4), "1, 2, 4 and 5");
    assert_eq!(track.holders()[0].root.as_str(), root);
    let answer = [sighting(1, 8, 10), sighting(4, 9, 10)];
    let told = ["at 208-93-000000008", "Connected", "at 208-93-000000009", "Connected"];
    assert_eq!(poll(&mut track, A, &answer), told, "where they are is told although nothing changed");
    assert_eq!(poll(&mut track, A, &answer), ["gone", "gone"], "2 and 5");
    assert!(poll(&mut track, A, &answer).is_empty());
}

#[test]
fn a_ue_whose_amf_was_not_kept_belongs_to_the_first_that_reports_it() {
    let there = event(1, None, UeChange::Location(at(9).expect("a location")));
    let mut track = after_restart(&track(), &[there]);
    assert!(poll(&mut track, B, &[]).is_empty() && poll(&mut track, B, &[]).is_empty());
    assert_eq!(poll(&mut track, A, &[sighting(1, 9, 0)])[0], "at 208-93-000000009");
    assert_eq!(track.alive(A), 1);
}

#[test]
fn ues_that_a_restarted_amf_forgot_are_not_gone_and_those_that_came_back_can_go() {
    let mut track = track();
    poll(&mut track, A, &[sighting(1, 8, 10), sighting(2, 8, 10)]);
    let restart = Epoch(track.after_polls().0);
    let empty = |track: &mut Track, since: Epoch| {
        let epoch = track.begin_poll();
        track.missing(A, epoch, since, 0)
    };
    for _ in 0..5 {
        assert!(empty(&mut track, restart).is_empty());
    }
    // The notification counts as the poll that comes next.
    push(&mut track, A, &sighting(2, 8, 20));
    assert!(empty(&mut track, restart).is_empty());
    assert!(empty(&mut track, restart).is_empty());
    assert_eq!(empty(&mut track, restart), [supi(2)]);
    track.gone(&supi(2));
    assert_eq!(empty(&mut track, Epoch(0)), [], "missed for the first time");
    assert_eq!(empty(&mut track, Epoch(0)), [supi(1)], "it has been waited for long enough");
}

#[test]
fn a_ue_that_is_missed_may_be_at_an_amf_whose_answer_is_still_to_come() {
    let mut track = track();
    poll(&mut track, A, &[sighting(1, 8, 10)]);
    poll(&mut track, B, &[sighting(9, 8, 10)]);
    // It goes to B, which is slow: A misses it again and again.
    let slow = track.begin_poll();
    for _ in 0..5 {
        assert!(poll(&mut track, A, &[]).is_empty());
    }
    let there = [sighting(9, 8, 10), sighting(1, 7, 20)];
    assert_eq!(answer_to(&mut track, B, slow, &there), ["at 208-93-000000007"]);
    assert!(poll(&mut track, A, &[]).is_empty());
    // Nobody waits for an AMF that does not answer.
    poll(&mut track, A, &[sighting(2, 8, 30)]);
    track.does_not_answer(B);
    assert!(poll(&mut track, A, &[]).is_empty());
    assert_eq!(poll(&mut track, A, &[]), ["gone"]);
}

#[test]
fn a_position_is_told_when_it_has_moved_by_more_than_its_uncertainty() {
    let mut track = track();
    let circle = |meters: f64, radius: f64| {
        let centre = model::Position::new(meters / 111_320.0, 0.0).expect("a position");
        Some(model::UePosition::new(centre, radius).expect("a radius"))
    };
    let mut told = |cell: u32, position: Option<model::UePosition>, micros: u64| {
        let mut one = sighting(1, cell, micros);
        one.location = one.location.map(|location| UeLocation { position, ..location });
        let seen = Seen { amf: A, epoch: track.after_polls(), source: UeSource::Push };
        let [change, _] = track.judge(&one, seen).changes;
        track.keep(&one, seen);
        match change {
            Some(UeChange::Location(location)) => Some(location.position),
            Some(UeChange::Connectivity { .. } | UeChange::Gone) | None => None,
        }
    };
    assert_eq!(told(8, None, 1), Some(None));
    assert_eq!(told(8, circle(0.0, 50.0), 2), Some(circle(0.0, 50.0)));
    assert_eq!(told(8, circle(40.0, 50.0), 3), None);
    // Small steps add up: what counts is how far it is from what was told.
    assert_eq!(told(8, circle(80.0, 50.0), 4), Some(circle(80.0, 50.0)));
    assert_eq!(told(8, circle(80.0, 20.0), 5), Some(circle(80.0, 20.0)));
    // Without a position nothing is known that was not, in the same cell; in another one it is forgotten.
    assert_eq!(told(8, None, 6), None);
    assert_eq!(told(8, circle(80.0, 20.0), 7), None);
    assert_eq!(told(9, None, 8), Some(None));
    assert_eq!(told(9, circle(80.0, 20.0), 9), Some(circle(80.0, 20.0)));
    // An older one changes nothing.
    assert_eq!(told(9, circle(900.0, 20.0), 3), None);
}
