//! Linearizability by trying every order: slow, and plain enough to be believed.

use squall_judge::linear::{History, Model, Operation};

/// Whether some order of the operations keeps to time and is what `model` would do. Only events up
/// to the number `until` count; what had not returned by then may have any reply, or no effect.
pub(crate) fn is_linearizable<M: Model>(
    model: &M,
    history: &History<M::Op, M::Reply>,
    refused: &[usize],
    until: u64,
) -> bool {
    let called = history.operations().iter().enumerate();
    let called = called.filter(|(place, it)| it.called <= until && !refused.contains(place));
    let called: Vec<_> = called.map(|(_, it)| it).collect();
    let mut placed = vec![false; called.len()];
    // Keys are put into one state each, so that splitting by key is tested, too.
    let mut keys: Vec<_> = called.iter().map(|it| model.key(&it.op)).collect();
    keys.sort();
    keys.dedup();
    let states = vec![model.init(); keys.len()];
    extend(model, &called, &keys, &mut placed, &states, until)
}

fn extend<M: Model>(
    model: &M,
    called: &[&Operation<M::Op, M::Reply>],
    keys: &[M::Key],
    placed: &mut [bool],
    states: &[M::State],
    until: u64,
) -> bool {
    let returned = |it: &Operation<M::Op, M::Reply>| it.returned.filter(|at| *at <= until);
    let open = || (0..called.len()).filter(|place| !placed[*place]);
    let Some(first_return) = open().filter_map(|place| returned(called[place])).min() else {
        return true;
    };
    let next: Vec<_> = open().filter(|place| called[*place].called < first_return).collect();
    for place in next {
        let it = called[place];
        let reply = returned(it).and(it.reply.as_ref());
        let key = keys.binary_search(&model.key(&it.op)).unwrap();
        if let Some(state) = model.step(&states[key], &it.op, reply) {
            let mut states = states.to_vec();
            states[key] = state;
            placed[place] = true;
            let found = extend(model, called, keys, placed, &states, until);
            placed[place] = false;
            if found {
                return true;
            }
        }
    }
    false
}
