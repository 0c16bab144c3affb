// What `strowger run` costs a request: GET of a page over a kept connection, straight and through the proxy with TLS, by
// turns in one process.   bench/run-overhead BUILD [REQUESTS]
import { Agent, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { connect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';

const { SERVER, HTTPS_PROXY } = process.env, requests = Number(process.argv[2] ?? 5000);
const server = new URL(SERVER), proxy = new URL(HTTPS_PROXY);
const auth = `${process.env.TWILIO_ACCOUNT_SID}:${process.env.TWILIO_AUTH_TOKEN}`;
const path = `/2010-04-01/Accounts/${process.env.TWILIO_ACCOUNT_SID}.json`;

/** A TLS connection through the proxy. */
const tunnel = await new Promise((done, fail) => {
	const socket = connect(proxy.port, proxy.hostname, () => socket.write('CONNECT api.twilio.com:443 HTTP/1.1\r\nHost: api.twilio.com:443\r\n\r\n'));
	socket.on('error', fail).once('data', () => done(tlsConnect({ socket, servername: 'api.twilio.com' })));
});
tunnel.setNoDelay?.(true);
const ways = {
	straight: { ask: request, options: { host: server.hostname, port: server.port, agent: new Agent({ keepAlive: true, maxSockets: 1 }) } },
	led: { ask: tlsRequest, options: { host: 'api.twilio.com', agent: new TlsAgent({ keepAlive: true, maxSockets: 1 }), createConnection: () => tunnel } },
};
const times = { straight: [], led: [] };

const once = ({ ask, options }) => new Promise((done, fail) => {
	const from = process.hrtime.bigint();
	ask({ ...options, path, auth }, (response) => {
		if (response.statusCode !== 200)
			fail(new Error(`status ${response.statusCode}`));
		response.resume().on('end', () => done(Number(process.hrtime.bigint() - from) / 1e6));
	}).on('error', fail).end();
});
ways.led.options.agent.createConnection = () => tunnel;
for (let i = 0; i < requests + 200; i++)
	for (const [name, way] of Object.entries(ways)) {
		const took = await once(way);
		if (i >= 200)
			times[name].push(took);
	}
const at = (name, share) => times[name].sort((a, b) => a - b)[Math.floor(requests * share)];
console.log(`run: straight p50 ${at('straight', 0.5).toFixed(3)} p99 ${at('straight', 0.99).toFixed(3)} ms, led p50 ${at('led', 0.5).toFixed(3)} p99 ${at('led', 0.99).toFixed(3)} ms; ${(at('led', 0.5) - at('straight', 0.5)).toFixed(3)} ms more, ${requests} requests each`);
process.exit(0);
