//! Places that callers take turns for: networks go round, and in each network its addresses, so that somebody with many
//! addresses waits among their own.

use meeshy_domain::Network;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Callers that may wait, in all.
const MAX_WAITING: usize = 256;
/// Callers of one address that may wait.
const MAX_WAITING_PER_ADDRESS: usize = 64;
/// Of so many places in turn, one goes to strangers while known devices wait too.
const TURNS: usize = 4;

/// Who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Lane {
    /// Whether it is a device that has signed in before: those are few and go first, whoever else waits.
    pub is_known: bool,
    /// Where it calls from.
    pub network: Network,
}

/// Hands out places, a fixed number at a time.
#[derive(Clone)]
pub(crate) struct FairQueue {
    state: Arc<Mutex<State>>,
}

struct State {
    free: usize,
    known: Waiting,
    strangers: Waiting,
    turn: usize,
}

/// A place; it passes to the next one when dropped.
pub(crate) struct Place {
    queue: Option<FairQueue>,
}

/// Too many wait already.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

type Ticket = oneshot::Sender<Place>;

/// Networks in turn, each with its callers in order.
type Round = VecDeque<(Network, VecDeque<Ticket>)>;

/// Those who wait: larger networks in turn, then networks, each with its callers in order.
#[derive(Default)]
struct Waiting {
    larger: VecDeque<(Network, Round)>,
    count: usize,
}

impl FairQueue {
    pub fn new(places: usize) -> Self {
        let (known, strangers) = (Waiting::default(), Waiting::default());
        Self { state: Arc::new(Mutex::new(State { free: places, known, strangers, turn: 0 })) }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// When too many wait, of all callers or of this address.
    pub async fn place(&self, lane: Lane) -> Result<Place, Full> {
        let place = {
            let mut state = self.lock();
            if state.free > 0 {
                state.free -= 1;
                return Ok(Place { queue: Some(self.clone()) });
            }
            let waiting = if lane.is_known { &mut state.known } else { &mut state.strangers };
            waiting.push(lane.network)?
        };
        // Whoever had to make room for others was dropped.
        place.await.map_err(|_| Full)
    }

    /// Gives a free place to the next one who still waits for it.
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
                // Gone meanwhile; the place goes to the one after.
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
        self.turn = (self.turn + 1) % TURNS;
        let (first, second) = if self.turn == 0 {
            (&mut self.strangers, &mut self.known)
        } else {
            (&mut self.known, &mut self.strangers)
        };
        first.pop().or_else(|| second.pop())
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

    /// Sends away the last one of the larger network that has most waiting, if that is more than the newcomer's has.
    fn make_room(&mut self, here: usize) -> Result<(), Full> {
        let (_, most) = self.larger.iter_mut().max_by_key(|(_, networks)| size(networks)).ok_or(Full)?;
        if size(most) <= here + 1 {
            return Err(Full);
        }
        let (_, longest) = most.iter_mut().max_by_key(|(_, tickets)| tickets.len()).ok_or(Full)?;
        longest.pop_back();
        most.retain(|(_, tickets)| !tickets.is_empty());
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

/// The entry of a network, added at the end of the round when there is none. There are at most [`MAX_WAITING`].
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
        Lane { is_known: false, network: Network::of(Some(address.parse().unwrap())) }
    }

    /// A queue whose one place is taken, and callers who wait for it; `order` says who gets it, in turn.
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

        /// Whether the caller waits.
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

    /// The outcome, if there is one by now.
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
        assert!(scene.add("known", Lane { is_known: true, ..lane("10.0.0.1") }).await);
        assert_eq!(scene.order(8).await, ["known", "a0", "c0", "b0", "a1", "a2", "a3", "a4"]);
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
