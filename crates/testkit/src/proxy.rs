//! A network that falls silent: connections stay, and nothing comes through.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often a connection looks whether the network is silent.
const TICK: Duration = Duration::from_millis(20);

/// Passes bytes on between its own port and another one, until it is told to be silent.
pub struct Proxy {
    address: SocketAddr,
    is_silent: Arc<AtomicBool>,
}

impl Proxy {
    /// Starts to pass on what comes to `port` of this machine.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let is_silent = Arc::<AtomicBool>::default();
        let silent = Arc::clone(&is_silent);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let ways = [(client.try_clone(), server.try_clone()), (Ok(server), Ok(client))];
                for (from, to) in ways {
                    if let (Ok(from), Ok(to)) = (from, to) {
                        let silent = Arc::clone(&silent);
                        std::thread::spawn(move || pass_on(from, to, &silent));
                    }
                }
            }
        });
        Self { address, is_silent }
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Says whether nothing comes through from now on.
    pub fn set_silent(&self, is_silent: bool) {
        self.is_silent.store(is_silent, Ordering::SeqCst);
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, is_silent: &AtomicBool) {
    let _ = from.set_read_timeout(Some(TICK));
    let mut bytes = [0; 16 * 1024];
    loop {
        let read = match from.read(&mut bytes) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(_) => break,
        };
        while is_silent.load(Ordering::SeqCst) {
            std::thread::sleep(TICK);
        }
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
