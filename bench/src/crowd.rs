//! Many connected clients: each a task that says what it is told and hears what it gets.

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

/// Connections that are opened at the same time.
const MAX_CONCURRENT: usize = 32;

enum Order {
    Say(String),
    Leave,
}

/// Tells clients what to say, by their places in the crowd. Cheap to clone.
#[derive(Clone)]
pub struct Mouths(Rc<[mpsc::UnboundedSender<Order>]>);

/// The other end of [`Mouths`], for [`Crowd::gather`].
pub struct Throats(Vec<mpsc::UnboundedReceiver<Order>>);

/// The mouths of `count` clients that are still to connect.
pub fn mouths(count: usize) -> (Mouths, Throats) {
    let (mouths, throats): (Vec<_>, Vec<_>) = (0..count).map(|_| mpsc::unbounded_channel()).unzip();
    (Mouths(mouths.into()), Throats(throats))
}

impl Mouths {
    /// Lets a client say a packet. One that is gone says nothing; [`Crowd::leave`] gives the reason.
    pub fn say(&self, who: usize, packet: String) {
        let _ = self.0[who].send(Order::Say(packet));
    }

    fn leave(&self) {
        for mouth in self.0.iter() {
            let _ = mouth.send(Order::Leave);
        }
    }
}

/// Clients that are connected and authenticated.
pub struct Crowd {
    mouths: Mouths,
    clients: JoinSet<Result<(), ClientError>>,
}

impl Crowd {
    /// Connects a client for each of `people`; `ear(place)` makes what hears its packets.
    ///
    /// # Errors
    /// When the server does not take one of them.
    pub async fn gather<'a, Ear>(
        address: SocketAddr,
        people: impl Iterator<Item = &'a Person>,
        (mouths, throats): (Mouths, Throats),
        ear: impl Fn(usize) -> Ear,
    ) -> anyhow::Result<Self>
    where
        Ear: FnMut(Packet<'_>) + 'static,
    {
        let connecting = people.map(|person| enter(address, person));
        let mut connected = stream::iter(connecting).buffered(MAX_CONCURRENT);
        let mut clients = JoinSet::new();
        for (place, throat) in throats.0.into_iter().enumerate() {
            // Each lives from here on: it has to answer pings while the others still connect.
            let Some(client) = connected.try_next().await? else { break };
            clients.spawn_local(live(client, throat, ear(place)));
        }
        drop(connected);
        Ok(Self { mouths, clients })
    }

    /// Closes all connections.
    ///
    /// # Errors
    /// When a client had lost its connection before.
    pub async fn leave(mut self) -> anyhow::Result<()> {
        self.mouths.leave();
        while let Some(ended) = self.clients.join_next().await {
            ended?.context("a client lost its connection")?;
        }
        Ok(())
    }
}

/// Connects and waits until the server says that it knows who this is.
pub async fn enter(address: SocketAddr, person: &Person) -> anyhow::Result<Client> {
    let mut client = Client::connect(address, &json!({ "token": person.token })).await?;
    let answer = client.next_event("authenticated").await?;
    ensure!(answer["success"] == true, "the server did not take a token: {answer}");
    Ok(client)
}

async fn live(
    mut client: Client,
    mut throat: mpsc::UnboundedReceiver<Order>,
    mut ear: impl FnMut(Packet<'_>),
) -> Result<(), ClientError> {
    loop {
        let order = tokio::select! {
            packet = client.next() => {
                ear(packet?);
                continue;
            }
            order = throat.recv() => order,
        };
        match order {
            Some(Order::Say(packet)) => client.send(packet).await?,
            Some(Order::Leave) | None => return client.close().await,
        }
    }
}
