//! The fence against a model: owners that are slow, die and come back, a network that delivers when it likes, and a
//! stream that drops what was replaced. The full history of the stream, which nobody in the model sees, is the judge.

use proptest::prelude::*;

use super::{Fence, Heritage, Verdict};

/// An entry of a log is unique: who made it, and a number.
type Entry = (usize, u32);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Body {
    Claim { owner: usize, life: u32 },
    Value { epoch: u64, log: Vec<Entry>, life: (usize, u32) },
    Emptied { epoch: u64 },
}

impl Body {
    /// What the stream keeps the last record of: the claim, or the value under one epoch.
    fn key(&self) -> Option<u64> {
        match self {
            Self::Claim { .. } => None,
            Self::Value { epoch, .. } | Self::Emptied { epoch } => Some(*epoch),
        }
    }
}

/// One life of an owner: after a crash it begins anew and knows nothing.
#[derive(Debug, Default)]
struct Owner {
    life: u32,
    made: u32,
    epoch: Option<u64>,
    reading: Option<(Fence, u64)>,
    log: Vec<Entry>,
    /// Has written the value under its own epoch, so that it may act.
    settled: bool,
    older: Vec<u64>,
    sent: Option<(Vec<Entry>, Option<u64>)>,
}

#[derive(Debug, Default)]
struct World {
    /// Position and record; position = index + 1.
    history: Vec<Body>,
    flying: Vec<Body>,
    owners: Vec<Owner>,
    /// What owners acted upon: position, log.
    acted: Vec<(u64, Vec<Entry>)>,
    /// The stream drops replaced records at once, or never.
    drops: bool,
}

#[derive(Debug, Clone)]
enum Op {
    Claim(usize),
    Recover(usize),
    Append(usize),
    Read(usize),
    Ask(usize),
    Land {
        which: usize,
        told: bool,
    },
    /// Everything goes well for this owner for a while: what it sent arrives, and it reads to the end.
    Thrive(usize),
}

impl World {
    fn kept(&self, index: usize) -> bool {
        let key = self.history[index].key();
        !self.drops || self.history[index + 1..].iter().all(|later| later.key() != key)
    }

    fn step(&mut self, op: &Op) {
        match *op {
            Op::Claim(owner) => {
                let old = &self.owners[owner];
                let (life, made) = (old.life + 1, old.made);
                self.owners[owner] = Owner { life, made, ..Owner::default() };
                self.flying.push(Body::Claim { owner, life });
            }
            Op::Thrive(owner) => self.thrive(owner),
            Op::Land { which, told } if !self.flying.is_empty() => {
                let body = self.flying.remove(which % self.flying.len());
                let at = self.history.len() as u64 + 1;
                match &body {
                    Body::Claim { owner, life } => {
                        let owner = &mut self.owners[*owner];
                        if owner.life == *life && told {
                            owner.epoch = Some(at);
                        }
                    }
                    Body::Value { life: (owner, life), .. } => {
                        let owner = &mut self.owners[*owner];
                        if owner.life == *life
                            && told
                            && let Some((_, place)) = &mut owner.sent
                        {
                            *place = Some(at);
                        }
                    }
                    Body::Emptied { .. } => {}
                }
                self.history.push(body);
            }
            Op::Land { .. } => {}
            Op::Recover(owner) => self.recover(owner),
            Op::Append(owner) => {
                let me = &mut self.owners[owner];
                if me.settled && me.sent.is_none() {
                    me.made += 1;
                    let log = me.log.iter().copied().chain([(owner, me.made)]).collect();
                    self.send(owner, log);
                }
            }
            Op::Read(owner) => self.read(owner),
            Op::Ask(owner) => {
                let newest = self.history.len() as u64;
                if let Some((fence, _)) = &mut self.owners[owner].reading {
                    fence.ends(newest);
                }
            }
        }
        for owner in 0..self.owners.len() {
            self.judge(owner);
        }
    }

    fn thrive(&mut self, owner: usize) {
        let life = self.owners[owner].life;
        let mine = |body: &Body| match body {
            Body::Claim { owner: by, life: of } | Body::Value { life: (by, of), .. } => {
                (*by, *of) == (owner, life)
            }
            Body::Emptied { .. } => true,
        };
        while let Some(which) = self.flying.iter().position(mine) {
            self.step(&Op::Land { which, told: true });
        }
        self.step(&Op::Recover(owner));
        for _ in 0..self.history.len() {
            self.step(&Op::Read(owner));
            self.step(&Op::Ask(owner));
        }
    }

    fn send(&mut self, owner: usize, log: Vec<Entry>) {
        let me = &mut self.owners[owner];
        me.sent = Some((log.clone(), None));
        let epoch = me.epoch.expect("it has one");
        self.flying.push(Body::Value { epoch, log, life: (owner, me.life) });
    }

    fn recover(&mut self, owner: usize) {
        let Some(epoch) = self.owners[owner].epoch.filter(|_| self.owners[owner].reading.is_none()) else {
            return;
        };
        let is_claim = |body: &Body| matches!(body, Body::Claim { .. });
        let newest = self.history.iter().rposition(is_claim).map(|index| index as u64 + 1);
        if newest != Some(epoch) {
            self.owners[owner].epoch = None;
            return;
        }
        let mut heritage = Heritage::default();
        for index in 0..self.history.len() {
            // The last value of each key, whatever the stream has dropped.
            let key = self.history[index].key();
            let last = self.history[index + 1..].iter().all(|later| later.key() != key);
            if let (Body::Value { epoch, log, .. }, true) = (&self.history[index], last) {
                heritage.add(*epoch, log.clone());
            }
        }
        let (log, older) = heritage.take().unwrap_or_default();
        let at = self.history.len() as u64;
        let me = &mut self.owners[owner];
        me.reading = Some((Fence::new(at), at));
        (me.log, me.older) = (log.clone(), older);
        self.send(owner, log);
    }

    fn read(&mut self, owner: usize) {
        let Some((_, after)) = self.owners[owner].reading else { return };
        let from = usize::try_from(after).expect("small");
        let Some(index) = (from..self.history.len()).find(|index| self.kept(*index)) else { return };
        let (at, body) = (index as u64 + 1, self.history[index].clone());
        let me = &mut self.owners[owner];
        let Some((fence, after)) = &mut me.reading else { return };
        fence.read(at, matches!(body, Body::Claim { .. }));
        *after = at;
        // A reply that was lost is made up for by what is read.
        if let (Body::Value { life, .. }, Some((_, place))) = (&body, &mut me.sent)
            && *life == (owner, me.life)
        {
            *place = Some(at);
        }
    }

    /// Lets an owner act on what it knows to be effective.
    fn judge(&mut self, owner: usize) {
        let me = &mut self.owners[owner];
        let Some((fence, _)) = &me.reading else { return };
        let Some((log, Some(at))) = me.sent.clone() else { return };
        if fence.verdict(at) != Verdict::Effective {
            return;
        }
        let epoch = me.epoch.expect("it has one");
        (me.log, me.settled, me.sent) = (log.clone(), true, None);
        let older = std::mem::take(&mut me.older);
        self.flying.extend(older.into_iter().map(|epoch| Body::Emptied { epoch }));
        let between =
            &self.history[usize::try_from(epoch).expect("small")..usize::try_from(at).expect("small")];
        assert!(
            !between.iter().any(|body| matches!(body, Body::Claim { .. })),
            "owner {owner} acts on {at} in epoch {epoch} although the part was claimed: {:?}",
            self.history
        );
        self.acted.push((at, log));
    }

    /// Every value that was effective, whether or not its owner lived to know, is a continuation of the one before.
    fn check(&self) {
        let mut claimed = 0;
        let mut last: (u64, &[Entry]) = (0, &[]);
        for (at, body) in (1u64..).zip(&self.history) {
            match body {
                Body::Claim { .. } => claimed = at,
                Body::Value { epoch, log, .. } if *epoch == claimed => {
                    assert!(
                        log.starts_with(last.1),
                        "{at} lost what was effective at {}: {:?}",
                        last.0,
                        self.history
                    );
                    last = (at, log);
                }
                Body::Value { .. } | Body::Emptied { .. } => {}
            }
        }
        let mut acted = self.acted.clone();
        acted.sort_by_key(|(at, _)| *at);
        for pair in acted.windows(2) {
            assert!(pair[1].1.starts_with(&pair[0].1), "two owners acted on different logs: {pair:?}");
        }
    }
}

fn op(owners: usize) -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => (0..owners).prop_map(Op::Claim),
        3 => (0..owners).prop_map(Op::Recover),
        6 => (0..owners).prop_map(Op::Append),
        14 => (0..owners).prop_map(Op::Read),
        4 => (0..owners).prop_map(Op::Ask),
        8 => (0..owners).prop_map(Op::Thrive),
        // Mostly the oldest first, as networks do.
        9 => (any::<bool>()).prop_map(|told| Op::Land { which: 0, told }),
        4 => (0usize..6, any::<bool>()).prop_map(|(which, told)| Op::Land { which, told }),
    ]
}

fn run(owners: usize, drops: bool, ops: &[Op]) -> World {
    let mut world = World { drops, ..World::default() };
    world.owners.resize_with(owners, Owner::default);
    ops.iter().for_each(|op| world.step(op));
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_acts_is_the_owner_and_nothing_that_held_is_lost(
        owners in 2usize..=3,
        drops in any::<bool>(),
        ops in proptest::collection::vec(op(3), 20..120),
    ) {
        let ops: Vec<_> = ops.into_iter().map(|op| within(op, owners)).collect();
        run(owners, drops, &ops).check();
    }
}

fn within(op: Op, owners: usize) -> Op {
    match op {
        Op::Claim(owner) => Op::Claim(owner % owners),
        Op::Recover(owner) => Op::Recover(owner % owners),
        Op::Append(owner) => Op::Append(owner % owners),
        Op::Read(owner) => Op::Read(owner % owners),
        Op::Ask(owner) => Op::Ask(owner % owners),
        Op::Thrive(owner) => Op::Thrive(owner % owners),
        land @ Op::Land { .. } => land,
    }
}

/// Lands everything, and lets an owner read everything.
fn settle(world: &mut World, owner: usize) {
    while !world.flying.is_empty() {
        world.step(&Op::Land { which: 0, told: true });
    }
    for _ in 0..world.history.len() {
        world.step(&Op::Read(owner));
        world.step(&Op::Ask(owner));
    }
}

#[test]
fn an_owner_that_nobody_disturbs_gets_on() {
    for drops in [false, true] {
        let mut world = run(1, drops, &[Op::Claim(0)]);
        settle(&mut world, 0);
        world.step(&Op::Recover(0));
        for _ in 0..5 {
            settle(&mut world, 0);
            world.step(&Op::Append(0));
        }
        settle(&mut world, 0);
        world.check();
        assert_eq!(world.acted.last().map(|(_, log)| log.len()), Some(5));
    }
}

#[test]
fn a_late_append_replaces_nothing_of_the_next_owner_and_is_not_acted_upon() {
    let mut world = run(3, true, &[Op::Claim(0)]);
    settle(&mut world, 0);
    world.step(&Op::Recover(0));
    settle(&mut world, 0);
    world.step(&Op::Append(0));
    settle(&mut world, 0);
    // On its way while the part is taken over twice, the second time after a crash of the first heir.
    world.step(&Op::Append(0));
    let late = world.flying.remove(0);
    for heir in [1, 2] {
        world.step(&Op::Claim(heir));
        settle(&mut world, heir);
        world.step(&Op::Recover(heir));
        settle(&mut world, heir);
        world.step(&Op::Append(heir));
        settle(&mut world, heir);
        world.flying.push(late.clone());
    }
    settle(&mut world, 0);
    world.check();
    assert_eq!(world.acted.last().map(|(_, log)| log.clone()), Some(vec![(0, 1), (1, 1), (2, 1)]));
    assert!(world.owners[0].reading.as_ref().is_some_and(|(fence, _)| fence.is_lost()));
}
