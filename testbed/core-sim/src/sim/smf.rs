//! What can be done to the SMF.

use super::CoreSim;
use crate::config::How;
use crate::seen::Nf;
use crate::smf::{self, PacketDelay};
use std::io;

impl CoreSim {
    /// Base URI of the SMF.
    pub fn smf_url(&self) -> String {
        format!("http://{}", self.inner.smf.addr())
    }

    /// Event subscriptions that the SMF holds.
    pub fn smf_subscriptions(&self) -> usize {
        self.inner.world.lock().smf.subscriptions()
    }

    /// Says what the user plane measures of a UE from now on, in the compliant personality. A UE of which nothing was
    /// said, or `None`, has no monitored QoS flow and is not reported; nor is one that no AMF serves.
    pub fn set_packet_delay(&self, supi: &str, delay: Option<PacketDelay>) {
        smf::set_delay(&mut self.inner.world.lock(), supi, delay);
    }

    /// Ends the SMF's process: its subscriptions are lost. SIGTERM takes its profile out of the NRF, SIGKILL leaves it
    /// there.
    pub async fn kill_smf(&self, how: How) {
        self.inner.smf.close(how).await;
        let world = &*self.inner.world;
        smf::kill(world, &mut world.lock(), how == How::Sigterm);
    }

    /// Opens the SMF's socket again on the same port, with a new NF instance id if its process was ended.
    ///
    /// # Errors
    /// If the port cannot be listened on.
    pub fn start_smf(&self) -> io::Result<()> {
        let world = &self.inner.world;
        smf::boot(world, &mut world.lock());
        self.inner.smf.open(world, Nf::Smf)
    }

    /// [`CoreSim::kill_smf`] and [`CoreSim::start_smf`].
    ///
    /// # Errors
    /// As [`CoreSim::start_smf`].
    pub async fn restart_smf(&self, how: How) -> io::Result<()> {
        self.kill_smf(how).await;
        self.start_smf()
    }
}
