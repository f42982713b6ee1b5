//! One client a UE.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use edge_app::client::{Client, Config, Report};
use tokio_util::sync::CancellationToken;

/// The clients of a laboratory.
pub(super) struct Clients {
    dns: SocketAddr,
    port: u16,
    wanted: bool,
    stop: CancellationToken,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: HashMap<u32, (CancellationToken, Client)>,
    ended: Vec<Client>,
    total: Report,
}

impl Clients {
    pub(super) fn new(dns: SocketAddr, port: u16, wanted: bool, stop: CancellationToken) -> Self {
        Self { dns, port, wanted, stop, state: Mutex::default() }
    }

    /// Starts the client of a UE, unless it runs.
    pub(super) fn start(&self, ue: u32, name: String) {
        if !self.wanted {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.running.entry(ue).or_insert_with(|| {
            let stop = self.stop.child_token();
            (stop.clone(), Client::start(Config::new(name, self.dns, self.port), stop))
        });
    }

    /// Ends the client of a UE that went away.
    pub(super) fn end(&self, ue: u32) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((stop, client)) = state.running.remove(&ue) {
            stop.cancel();
            state.ended.push(client);
        }
    }

    /// What all of them have seen so far.
    pub(super) fn report(&self) -> Report {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sum = state.total.clone();
        let running = state.running.values().map(|(_, client)| client);
        running.chain(&state.ended).for_each(|client| sum.merge(&client.report()));
        sum
    }

    /// Ends all of them and waits for the answers that are under way.
    pub(super) async fn finish(&self) -> Report {
        self.stop.cancel();
        let clients: Vec<Client> = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let running: Vec<_> = state.running.drain().map(|(_, (_, client))| client).collect();
            running.into_iter().chain(std::mem::take(&mut state.ended)).collect()
        };
        for client in clients {
            let report = client.join().await;
            self.state.lock().unwrap_or_else(PoisonError::into_inner).total.merge(&report);
        }
        self.report()
    }
}
