// node smsc.js SMPP_PORT CONTROL_PORT: a carrier (SMPP 3.4, password "secret"). POST {from, to, hex, coding, esm_class}
// to the control port pushes one deliver_sm and answers with the status that came back; JSON lines tell what happened.
const smpp = require('smpp'), http = require('http');
const [smppPort, controlPort] = process.argv.slice(2).map(Number);
const say = told => console.log(JSON.stringify(told));
const bound = new Set();

smpp.createServer(session => {
  const bind = pdu => {
    if (pdu.password !== 'secret') {
      session.send(pdu.response({command_status: smpp.ESME_RBINDFAIL}));
      return session.close();
    }
    bound.add(session);
    session.send(pdu.response({system_id: 'carrier'}));
    say({bind: pdu.command});
  };
  for (const kind of ['bind_transceiver', 'bind_receiver', 'bind_transmitter']) session.on(kind, bind);
  session.on('enquire_link', pdu => session.send(pdu.response()));
  session.on('unbind', pdu => { session.send(pdu.response()); session.close(); });
  session.on('close', () => bound.delete(session));
  session.on('error', error => say({error: error.message}));
}).listen(smppPort, '127.0.0.1', () => say({ready: smppPort}));

http.createServer((request, response) => {
  let body = '';
  request.on('data', chunk => body += chunk).on('end', () => {
    const session = [...bound][0];
    if (!session || request.method !== 'POST') {
      response.statusCode = session ? 200 : 503;
      return response.end(session ? 'bound' : 'nobody bound');
    }
    const sms = JSON.parse(body);
    const late = setTimeout(() => { response.statusCode = 504; response.end('no deliver_sm_resp'); }, 5000);
    session.deliver_sm({
      source_addr: sms.from, destination_addr: sms.to, data_coding: sms.coding, esm_class: sms.esm_class || 0,
      short_message: Buffer.from(sms.hex, 'hex'),
    }, answer => {
      clearTimeout(late);
      if (!response.writableEnded) response.end(JSON.stringify({command_status: answer.command_status}));
    });
  });
}).listen(controlPort, '127.0.0.1');
