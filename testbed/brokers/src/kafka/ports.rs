//! Free ports of the loopback interface.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::Result;

/// A broker's listeners. They are free when they are chosen; a broker takes them a moment later.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) plain: u16,
    pub(crate) secured: u16,
    pub(crate) controller: u16,
}

impl Ports {
    pub(crate) fn free() -> Result<Self> {
        // Held together, so that they differ.
        let held = [(); 3].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let mut ports = [0; 3];
        for (port, listener) in ports.iter_mut().zip(held) {
            *port = listener?.local_addr()?.port();
        }
        Ok(Self { plain: ports[0], secured: ports[1], controller: ports[2] })
    }
}
