//! A fair queue for a fixed number of slots. Networks take turns, and the addresses within a network take
//! turns, so a caller with many addresses waits behind its own. Known devices, other sign-ins and
//! registrations wait in separate lines.

use meeshy_domain::Network;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// The most callers that may wait.
const MAX_WAITING: usize = 256;
/// The most callers of one address that may wait.
const MAX_WAITING_PER_ADDRESS: usize = 64;
/// The priority in each turn. Known devices are few, whereas somebody with many addresses can register
/// endlessly.
const TURNS: [[Kind; 3]; 4] = [
    [Kind::Known, Kind::Stranger, Kind::Newcomer],
    [Kind::Stranger, Kind::Known, Kind::Newcomer],
    [Kind::Known, Kind::Stranger, Kind::Newcomer],
    [Kind::Newcomer, Kind::Known, Kind::Stranger],
];

/// The purpose of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Kind {
    /// Signing in on a known device.
    Known,
    /// Signing in on another device.
    #[default]
    Stranger,
    /// Registration.
    Newcomer,
}

/// Which line a caller waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Lane {
    /// The purpose.
    pub kind: Kind,
    /// The caller's network.
    pub network: Network,
}

/// Hands out a fixed number of slots.
#[derive(Clone)]
pub(crate) struct FairQueue {
    state: Arc<Mutex<State>>,
}

struct State {
    free: usize,
    /// By kind.
    waiting: [Waiting; 3],
    turn: usize,
}

/// A slot; passes to the next caller when dropped.
pub(crate) struct Place {
    queue: Option<FairQueue>,
}

/// Too many callers are waiting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

type Ticket = oneshot::Sender<Place>;

/// Networks in turn, each with its callers in order.
type Round = VecDeque<(Network, VecDeque<Ticket>)>;

/// Waiting callers: larger networks in turn, then networks, each with its callers in order.
#[derive(Default)]
struct Waiting {
    larger: VecDeque<(Network, Round)>,
    count: usize,
}

impl FairQueue {
    pub fn new(places: usize) -> Self {
        Self { state: Arc::new(Mutex::new(State { free: places, waiting: Default::default(), turn: 0 })) }
    }

    /// A slot, if one is free.
    ///
    /// # Errors
    /// The number of callers that would get a slot before a new one who wants to sign in.
    pub fn free_place(&self) -> Result<Place, usize> {
        let mut state = self.lock();
        if state.free > 0 {
            state.free -= 1;
            return Ok(Place { queue: Some(self.clone()) });
        }
        // A sign-in from an unknown device waits for at most one turn of each other network.
        let [known, strangers, _] = &state.waiting;
        Err(known.count + strangers.larger.len())
    }

    /// Waits for a slot.
    ///
    /// # Errors
    /// When too many callers wait, in total or from this address.
    pub async fn place(&self, lane: Lane) -> Result<Place, Full> {
        let place = {
            let mut state = self.lock();
            if state.free > 0 {
                state.free -= 1;
                return Ok(Place { queue: Some(self.clone()) });
            }
            state.waiting[lane.kind as usize].push(lane.network)?
        };
        // The sender of a caller who was evicted is dropped.
        place.await.map_err(|_| Full)
    }

    /// Gives a free slot to the next caller that still waits.
    fn pass_on(&self) {
        loop {
            let next = {
                let mut state = self.lock();
                let Some(next) = state.next() else {
                    state.free += 1;
                    return;
                };
                next
            };
            match next.send(Place { queue: Some(self.clone()) }) {
                Ok(()) => return,
                // The caller has gone; the slot goes to the next one.
                Err(mut place) => place.queue = None,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(queue) = self.queue.take() {
            queue.pass_on();
        }
    }
}

impl State {
    fn next(&mut self) -> Option<Ticket> {
        self.turn = (self.turn + 1) % TURNS.len();
        TURNS[self.turn].into_iter().find_map(|kind| self.waiting[kind as usize].pop())
    }
}

impl Waiting {
    fn push(&mut self, network: Network) -> Result<oneshot::Receiver<Place>, Full> {
        let neighbours = self.larger.iter().find(|(larger, _)| *larger == network.larger());
        let neighbours = neighbours.map(|(_, networks)| networks);
        let at_address = neighbours.and_then(|networks| networks.iter().find(|(known, _)| *known == network));
        if at_address.is_some_and(|(_, tickets)| tickets.len() >= MAX_WAITING_PER_ADDRESS) {
            return Err(Full);
        }
        if self.count >= MAX_WAITING {
            let here = neighbours.map_or(0, size);
            self.make_room(here)?;
        }
        let (ticket, place) = oneshot::channel();
        entry(entry(&mut self.larger, network.larger()), network).push_back(ticket);
        self.count += 1;
        Ok(place)
    }

    /// Evicts the last caller of the larger network with the most waiting, if that has more than the
    /// newcomer's. If each has one, evicts any: whoever retries has a fair chance.
    fn make_room(&mut self, here: usize) -> Result<(), Full> {
        let most = self.larger.iter().map(|(_, networks)| size(networks)).max().ok_or(Full)?;
        let chosen = if most > here + 1 {
            self.larger.iter().position(|(_, networks)| size(networks) == most)
        } else if here == 0 {
            Some(rand::random_range(0..self.larger.len()))
        } else {
            None
        };
        let (_, networks) = chosen.and_then(|chosen| self.larger.get_mut(chosen)).ok_or(Full)?;
        let (_, longest) = networks.iter_mut().max_by_key(|(_, tickets)| tickets.len()).ok_or(Full)?;
        longest.pop_back();
        networks.retain(|(_, tickets)| !tickets.is_empty());
        self.larger.retain(|(_, networks)| !networks.is_empty());
        self.count -= 1;
        Ok(())
    }

    fn pop(&mut self) -> Option<Ticket> {
        while let Some((larger, mut networks)) = self.larger.pop_front() {
            let mut found = None;
            while let Some((network, mut tickets)) = networks.pop_front() {
                found = tickets.pop_front();
                if !tickets.is_empty() {
                    networks.push_back((network, tickets));
                }
                if found.is_some() {
                    break;
                }
            }
            if !networks.is_empty() {
                self.larger.push_back((larger, networks));
            }
            if found.is_some() {
                self.count -= 1;
                return found;
            }
        }
        None
    }
}

fn size(networks: &Round) -> usize {
    networks.iter().map(|(_, tickets)| tickets.len()).sum()
}

/// The entry of a network, added at the end if missing. There are at most [`MAX_WAITING`].
fn entry<T: Default>(round: &mut VecDeque<(Network, T)>, network: Network) -> &mut T {
    let place = round.iter().position(|(known, _)| *known == network).unwrap_or_else(|| {
        round.push_back((network, T::default()));
        round.len() - 1
    });
    &mut round[place].1
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::Pin;
    use std::task::Poll;

    fn lane(address: &str) -> Lane {
        Lane { kind: Kind::Stranger, network: Network::of(Some(address.parse().unwrap())) }
    }

    /// A queue whose only slot is taken, and callers that wait for it; `order` returns them in the order of
    /// their turns.
    struct Scene {
        queue: FairQueue,
        first: Place,
        waiting: Vec<(String, Waiter)>,
    }

    type Waiter = Pin<Box<dyn Future<Output = Result<Place, Full>>>>;

    impl Scene {
        async fn new() -> Self {
            let queue = FairQueue::new(1);
            let first = queue.place(Lane::default()).await.unwrap();
            Self { queue, first, waiting: Vec::new() }
        }

        /// Adds a caller; returns whether it waits.
        async fn add(&mut self, name: &str, lane: Lane) -> bool {
            let queue = self.queue.clone();
            let mut place: Waiter = Box::pin(async move { queue.place(lane).await });
            let is_waiting = polled(&mut place).await.is_none();
            if is_waiting {
                self.waiting.push((name.to_owned(), place));
            }
            is_waiting
        }

        async fn order(mut self, count: usize) -> Vec<String> {
            let mut place = Some(self.first);
            let mut order = Vec::new();
            while order.len() < count {
                drop(place.take());
                // A task may receive only so much in one poll.
                tokio::task::yield_now().await;
                let mut n = 0;
                while n < self.waiting.len() && place.is_none() {
                    match polled(&mut self.waiting[n].1).await {
                        None => n += 1,
                        Some(Err(Full)) => drop(self.waiting.remove(n)),
                        Some(Ok(got)) => {
                            order.push(self.waiting.remove(n).0);
                            place = Some(got);
                        }
                    }
                }
                assert!(place.is_some(), "nobody got the place");
            }
            order
        }
    }

    /// The result, if there is one by now.
    async fn polled(waiter: &mut Waiter) -> Option<Result<Place, Full>> {
        std::future::poll_fn(|context| {
            Poll::Ready(match waiter.as_mut().poll(context) {
                Poll::Ready(outcome) => Some(outcome),
                Poll::Pending => None,
            })
        })
        .await
    }

    #[tokio::test]
    async fn addresses_take_turns() {
        let mut scene = Scene::new().await;
        for n in 0..5 {
            assert!(scene.add(&format!("a{n}"), lane("10.0.0.1")).await);
        }
        assert!(scene.add("b0", lane("10.0.0.2")).await);
        assert!(scene.add("c0", lane("192.0.2.1")).await);
        assert!(scene.add("known", Lane { kind: Kind::Known, ..lane("10.0.0.1") }).await);
        for name in ["d0", "d1"] {
            assert!(scene.add(name, Lane { kind: Kind::Newcomer, ..lane("10.0.0.1") }).await);
        }
        let order = ["a0", "known", "d0", "c0", "b0", "a1", "d1", "a2", "a3", "a4"];
        assert_eq!(scene.order(10).await, order);
    }

    #[tokio::test]
    async fn invented_addresses_do_not_crowd_out_others() {
        let mut scene = Scene::new().await;
        for n in 0..2_000 {
            scene.add(&format!("flood{n}"), lane(&format!("10.0.{}.{}", n / 250, n % 250))).await;
        }
        for n in 0..20 {
            assert!(scene.add(&format!("honest{n}"), lane(&format!("192.{n}.2.1"))).await, "{n}");
        }
        let order = scene.order(25).await;
        let honest = order.iter().filter(|name| name.starts_with("honest")).count();
        assert_eq!(honest, 20, "{order:?}");
    }

    #[tokio::test]
    async fn where_each_network_has_one_waiting_others_have_a_chance() {
        let mut scene = Scene::new().await;
        for n in 0..MAX_WAITING {
            assert!(scene.add(&format!("flood{n}"), lane(&format!("{}.{}.0.1", 1 + n / 250, n % 250))).await);
        }
        for n in 0..50 {
            assert!(scene.add(&format!("honest{n}"), lane(&format!("192.{n}.2.1"))).await, "{n}");
        }
        let order = scene.order(MAX_WAITING).await;
        let honest = order.iter().filter(|name| name.starts_with("honest")).count();
        assert!(honest > 25, "{honest} of 50");
    }

    #[tokio::test]
    async fn one_address_has_few_places_and_who_left_is_passed_over() {
        let mut scene = Scene::new().await;
        for n in 0..MAX_WAITING_PER_ADDRESS {
            assert!(scene.add(&format!("a{n}"), lane("10.0.0.1")).await);
        }
        assert!(!scene.add("one more", lane("10.0.0.1")).await);
        assert!(scene.add("b", lane("10.0.0.2")).await);
        scene.waiting.retain(|(name, _)| name == "b");
        let queue = scene.queue.clone();
        assert_eq!(scene.order(1).await, ["b"]);
        assert!(queue.place(Lane::default()).await.is_ok(), "the place is free again");
    }
}
