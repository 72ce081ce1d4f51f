//! Many who ask at once: what each of them gets, and that all of them get something.
//!
//! That no update is lost follows from where it is made: a count moves in one atomic step, all else is changed under
//! the lock that it was read under. That nobody waits for ever follows from the ranks of locks, which every lock here
//! checks.

use std::collections::HashMap;
use std::sync::Barrier;
use std::thread;

use counterfoil_openapi::validate::{self, Reading, RequestRules};
use counterfoil_openapi::{BasePaths, Contract, Request, Route, Router};
use http::Method;

use super::{ClockOrder, Session, Sessions};
use crate::call::Source;
use crate::script::{Moment, Script, ScriptEngine, Subject};

const DOCUMENT: &str = "
openapi: 3.0.3
paths:
  /orders/{orderId}/payment:
    post:
      operationId: payOrder
      parameters: [{ name: orderId, in: path, required: true, schema: { type: integer } }]
      responses: { '200': { description: ok }, '409': { description: paid } }
  /shops:
    get: { operationId: listShops, responses: { '200': { description: ok } } }
  /pets:
    get: { operationId: listPets, responses: { '200': { description: ok } } }
";

struct World {
    contract: Contract,
    engine: ScriptEngine,
    sessions: Sessions,
}

impl World {
    fn new(script: &str) -> Self {
        let contract = Contract::load("orders.yaml", DOCUMENT.as_bytes()).unwrap();
        let script = Script::load("s.yaml", script.as_bytes(), std::slice::from_ref(&contract)).unwrap();
        Self {
            contract,
            engine: ScriptEngine::new(vec![script], 0, Moment::START),
            sessions: Sessions::default(),
        }
    }

    /// Requests as the pipeline has read them.
    fn read(&self, method: &Method, targets: impl Iterator<Item = String>) -> Vec<(Request, Reading)> {
        let router = Router::new(self.contract.operations(), BasePaths::Optional);
        let read = |target: String| {
            let request = Request::new(method.clone(), target);
            let Route::Found(found) = router.find(method, request.path()) else { panic!("it is documented") };
            let reading = validate::request(&found, &request, &RequestRules::default());
            (request, reading)
        };
        targets.map(read).collect()
    }

    fn decide(
        &self,
        operation: &str,
        asked: &(Request, Reading),
        session: &Session,
    ) -> Option<(Source, String)> {
        let operation = self.contract.operation(operation).unwrap();
        let subject = Subject { operation, request: &asked.0, reading: &asked.1 };
        self.engine.decide(&subject, session).map(|decision| (decision.source, decision.rule))
    }
}

#[test]
fn a_rule_of_a_thousand_times_serves_sixty_four_tasks_of_a_thousand_calls_a_thousand_times() {
    let world = World::new("script: 1\nrules: { listPets: { times: 1000, status: 200 } }");
    let asked = &world.read(&Method::GET, std::iter::once("/pets".to_owned()))[0];
    let one =
        || (0..1_000).filter(|_| world.decide("listPets", asked, world.sessions.unnamed()).is_some()).count();
    let served: usize = thread::scope(|scope| {
        let tasks: Vec<_> = (0..64).map(|_| scope.spawn(one)).collect();
        tasks.into_iter().map(|task| task.join().unwrap()).sum()
    });
    assert_eq!(served, 1_000);
}

#[test]
fn one_step_of_a_scenario_has_one_winner_in_ten_thousand_races() {
    const RACERS: usize = 4;
    let script = "
script: 1
scenarios:
  order:
    per: path.orderId
    start: pending
    states: { pending: { payOrder: { respond: 200, to: paid } }, paid: { payOrder: 409 } }
";
    let world = World::new(script);
    // As many at a time as values are kept apart.
    let all = world.read(&Method::POST, (0..10_000).map(|order| format!("/orders/{order}/payment")));
    let barrier = Barrier::new(RACERS);
    let race = || {
        let mut won = Vec::new();
        for (order, asked) in all.iter().enumerate() {
            if order % 250 == 0 {
                barrier.wait();
            }
            let (source, rule) = world.decide("payOrder", asked, world.sessions.unnamed()).unwrap();
            assert_eq!(source, Source::Scenario);
            if rule == "order/pending" {
                won.push(order);
            }
        }
        won
    };
    let won: Vec<usize> = thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS).map(|_| scope.spawn(race)).collect();
        racers.into_iter().flat_map(|racer| racer.join().unwrap()).collect()
    });
    let mut winners: HashMap<usize, usize> = HashMap::new();
    won.into_iter().for_each(|order| *winners.entry(order).or_default() += 1);
    assert!(winners.len() == 10_000 && winners.values().all(|count| *count == 1), "{}", winners.len());
}

/// Everything that takes a lock, from several sides at once: it ends, and no lock is taken out of order.
#[test]
fn nobody_waits_for_ever() {
    let script = "
script: 1
state: { a: 1 }
scenarios: { order: { start: a, states: { a: { payOrder: { to: b } }, b: { payOrder: { to: a } } } } }
rules: { listPets: { when: { state.a: 1 }, per: query.x, set: { a: '${state.a}' }, status: 200 } }
";
    let world = World::new(script);
    let one =
        |method: &Method, target: &str| world.read(method, std::iter::once(target.to_owned())).remove(0);
    let (paid, listed, shops) = (
        &one(&Method::POST, "/orders/1/payment"),
        &one(&Method::GET, "/pets?x=1"),
        &one(&Method::GET, "/shops"),
    );
    let [pay, shop] = ["payOrder", "listShops"].map(|id| world.contract.operation(id).unwrap());
    let rules = world.engine.session_rules();
    let contracts = std::slice::from_ref(&world.contract);
    let work = |worker: usize| {
        for round in 0..150 {
            let name = format!("s{}", (worker + round) % 5);
            let named = world.sessions.open(&name, rules).unwrap();
            for session in [&named, world.sessions.unnamed()] {
                world.decide("payOrder", paid, session);
                world.decide("listPets", listed, session);
                // What is asked of what is kept, where nothing changes it.
                session.set_reply(&world.engine, shop, b"{ when: { state.a: 1 }, status: 200 }").unwrap();
                world.decide("listShops", shops, session);
                match (worker + round) % 8 {
                    0 => drop(session.set_reply(
                        &world.engine,
                        pay,
                        b"{ when: { state.a: 1 }, set: { a: 1 }, status: 409 }",
                    )),
                    1 => session.clear_reply(pay),
                    2 => session.reset_sequences(),
                    3 => session.memory().clear(),
                    4 => session.set_clock(&[ClockOrder::Freeze(None), ClockOrder::Reset]),
                    5 => session.clear_replies(),
                    6 => world.sessions.succeed(&world.engine, contracts, &mut Vec::new()),
                    _ => drop(world.sessions.drop_named(&name)),
                }
            }
            drop(world.sessions.named(rules));
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..6).map(|worker| scope.spawn(move || work(worker))).collect();
        workers.into_iter().for_each(|worker| worker.join().unwrap());
    });
    assert_eq!(world.sessions.named(rules).len().min(5), world.sessions.named(rules).len());
}

#[test]
fn a_session_counts_only_the_rules_that_it_has_used() {
    let rules: Vec<String> = (0..2_000)
        .map(|order| format!("{{ when: {{ path.orderId: {order} }}, times: 2, respond: 409 }}"))
        .collect();
    let world = World::new(&format!("script: 1\nrules: {{ payOrder: [{}] }}", rules.join(", ")));
    let orders = [7, 1_999, 7, 2_000].map(|order| format!("/orders/{order}/payment"));
    let answered = world
        .read(&Method::POST, orders.into_iter())
        .iter()
        .filter(|asked| world.decide("payOrder", asked, world.sessions.unnamed()).is_some())
        .count();
    assert_eq!((answered, world.sessions.unnamed().counted()), (3, 2));
}
