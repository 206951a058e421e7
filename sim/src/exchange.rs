//! Exchanges of whole tables, sealed where the nodes are.

use seafoam::proto::Engine;

use crate::world::World;

impl World {
    /// One exchange. The bytes in between do not matter: only whether both ends come to the same keys.
    pub(crate) fn exchange(
        &mut self,
        client: usize,
        server: usize,
        request: &[u8],
    ) -> Option<Vec<u8>> {
        let now = self.hosts.get(server)?.clock.at(self.now);
        let client_now = self.hosts.get(client)?.clock.at(self.now);
        let (from, to) = (Self::address(client), Self::address(server));
        // A client that is gone by now gets no answer anyway.
        let greeting = self.engine_mut(client).and_then(Engine::greet);
        let host = self.engine_mut(server)?;
        let Some(greeting) = greeting.filter(|_| host.is_sealed()) else {
            let both_plain = greeting.is_none() && !host.is_sealed();
            return both_plain.then(|| host.serve_stream(now, from, request)).flatten();
        };
        let (answered, mut answer_sealer, mut request_opener) =
            host.called(now, from, &greeting).ok()?;
        let client = self.engine_mut(client)?;
        let (mut request_sealer, mut answer_opener) =
            client.greeted(client_now, to, &greeting, &answered).ok()?;
        let mut opened = Vec::new();
        let pushed = request_opener.push(&request_sealer.seal(request)?, &mut opened);
        let host = self.engine_mut(server)?;
        if let Err(error) = pushed {
            host.refuse_stream(now, from, error);
            return None;
        }
        let answer = host.serve_stream(now, from, &opened)?;
        let mut opened = Vec::new();
        answer_opener.push(&answer_sealer.seal(&answer)?, &mut opened).ok()?;
        Some(opened)
    }

    fn engine_mut(&mut self, node: usize) -> Option<&mut Engine> {
        self.hosts.get_mut(node)?.engine.as_mut()
    }
}
