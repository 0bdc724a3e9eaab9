//! Many connected clients, each a task that sends what it is told to and handles what it receives.

use crate::people::Person;
use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use meeshy_bench::client::{Client, ClientError};
use meeshy_bench::packet::Packet;
use serde_json::json;
use std::net::SocketAddr;
use std::rc::Rc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Connections opened concurrently.
const MAX_CONCURRENT: usize = 32;

enum Order {
    Send(String),
    Leave,
}

/// Tells clients what to send, by their index in the crowd. Cheap to clone.
#[derive(Clone)]
pub struct Senders(Rc<[mpsc::UnboundedSender<Order>]>);

/// The other end of [`Senders`], for [`Crowd::gather`].
pub struct Orders(Vec<mpsc::UnboundedReceiver<Order>>);

/// Channels for `count` clients that have yet to connect.
pub fn channels(count: usize) -> (Senders, Orders) {
    let (senders, orders): (Vec<_>, Vec<_>) = (0..count).map(|_| mpsc::unbounded_channel()).unzip();
    (Senders(senders.into()), Orders(orders))
}

impl Senders {
    /// Makes a client send a packet. A disconnected client ignores it; [`Crowd::leave`] returns the reason.
    pub fn send(&self, who: usize, packet: String) {
        let _ = self.0[who].send(Order::Send(packet));
    }

    fn leave(&self) {
        for sender in self.0.iter() {
            let _ = sender.send(Order::Leave);
        }
    }
}

/// Connected and authenticated clients.
pub struct Crowd {
    senders: Senders,
    clients: JoinSet<Result<(), ClientError>>,
}

impl Crowd {
    /// Connects a client for each of `people`; `handler(index)` makes the handler of its packets.
    ///
    /// # Errors
    /// If the server rejects one of them.
    pub async fn gather<'a, Handler>(
        address: SocketAddr,
        people: impl Iterator<Item = &'a Person>,
        (senders, orders): (Senders, Orders),
        handler: impl Fn(usize) -> Handler,
    ) -> anyhow::Result<Self>
    where
        Handler: FnMut(Packet<'_>) + 'static,
    {
        let connecting = people.map(|person| enter(address, person));
        let mut connected = stream::iter(connecting).buffered(MAX_CONCURRENT);
        let mut clients = JoinSet::new();
        for (place, receiver) in orders.0.into_iter().enumerate() {
            // Each runs from here on: it has to answer pings while the others still connect.
            let Some(client) = connected.try_next().await? else { break };
            clients.spawn_local(live(client, receiver, handler(place)));
        }
        drop(connected);
        Ok(Self { senders, clients })
    }

    /// Closes all connections.
    ///
    /// # Errors
    /// If a client lost its connection earlier.
    pub async fn leave(mut self) -> anyhow::Result<()> {
        self.senders.leave();
        while let Some(ended) = self.clients.join_next().await {
            ended?.context("a client lost its connection")?;
        }
        Ok(())
    }
}

/// Connects and waits until the server has authenticated the client.
pub async fn enter(address: SocketAddr, person: &Person) -> anyhow::Result<Client> {
    let mut client = Client::connect(address, &json!({ "token": person.token })).await?;
    let answer = client.next_event("authenticated").await?;
    ensure!(answer["success"] == true, "the server rejected a token: {answer}");
    Ok(client)
}

async fn live(
    mut client: Client,
    mut receiver: mpsc::UnboundedReceiver<Order>,
    mut handler: impl FnMut(Packet<'_>),
) -> Result<(), ClientError> {
    loop {
        let order = tokio::select! {
            packet = client.next() => {
                handler(packet?);
                continue;
            }
            order = receiver.recv() => order,
        };
        match order {
            Some(Order::Send(packet)) => client.send(packet).await?,
            Some(Order::Leave) | None => return client.close().await,
        }
    }
}
