// The voter's part of the ballot box; the same bytes in Python: survey_app/crypto, their promise: docs/anonymity.md.
// A browser too old to read this leaves BallotBox undefined: the server then plays the voter.
"use strict";
const BallotBox = (() => {
  const subtle = window.crypto && crypto.subtle;
  const refusal = (reason, status) => Object.assign(new Error(reason), { reason, status });

  const bytes = (...parts) => {
    const all = parts.map((part) => (typeof part === "string" ? new TextEncoder().encode(part) : part));
    const whole = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
    all.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    return whole;
  };
  const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const unhex = (digits) => Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));
  const base64 = (data) => btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));
  const unbase64 = (word) => Uint8Array.from(atob(word), (letter) => letter.charCodeAt(0));
  const number = (data) => BigInt("0x" + hex(data));
  const ofSize = (value, size) => unhex(value.toString(16).padStart(2 * size, "0"));
  const random = (count) => crypto.getRandomValues(new Uint8Array(count));
  const digest = async (name, ...parts) => new Uint8Array(await subtle.digest(name, bytes(...parts)));
  const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const printed = (hash, length) => // of the first 160 bits
    number(hash.slice(0, 20)).toString(32).padStart(32, "0").slice(0, length)
      .replace(/./g, (digit) => ALPHABET[parseInt(digit, 32)]).match(/.{4}/g).join("-");

  // Whole numbers. Only public exponents are used here, so time gives nothing away.
  const power = (base, exponent, modulus) => {
    let found = 1n;
    for (; exponent; exponent >>= 1n, base = (base * base) % modulus)
      if (exponent & 1n) found = (found * base) % modulus;
    return found;
  };
  const inverse = (value, modulus) => {
    let [a, b, x, y] = [value, modulus, 1n, 0n];
    while (b) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
    if (a !== 1n) throw refusal("key");
    return x < 0n ? x + modulus : x;
  };
  const randomBelow = (key) => {
    let drawn;
    do drawn = number(random(key.size));
    while (!drawn || drawn >= key.n);
    return drawn;
  };

  // RSABSSA-SHA384-PSS-Randomized (RFC 9474); keys arrive as SubjectPublicKeyInfo in base64.
  const readKey = async (word) => {
    const der = unbase64(word);
    const verifier = await subtle.importKey("spki", der, { name: "RSA-PSS", hash: "SHA-384" }, true, ["verify"]);
    const jwk = await subtle.exportKey("jwk", verifier);
    const [n, e] = [jwk.n, jwk.e].map((part) => unbase64(part.replace(/-/g, "+").replace(/_/g, "/")));
    return { der, verifier, id: await digest("SHA-256", der), n: number(n), e: number(e), size: n.length };
  };
  const encode = async (message, bits, salt) => {
    const hash = await digest("SHA-384", new Uint8Array(8), await digest("SHA-384", message), salt);
    const block = bytes(new Uint8Array(Math.ceil(bits / 8) - salt.length - hash.length - 2), [1], salt);
    let mask = [];
    for (let count = 0; mask.length < block.length; count++)
      mask = bytes(mask, await digest("SHA-384", hash, [0, 0, 0, count]));
    const masked = block.map((byte, at) => byte ^ mask[at]);
    masked[0] &= 255 >> (-bits & 7);
    return bytes(masked, hash, [0xbc]);
  };
  const blind = async (key, message, salt = random(48), factor = randomBelow(key)) => {
    const encoded = number(await encode(message, key.n.toString(2).length - 1, salt));
    const blinded = ofSize((encoded * power(factor, key.e, key.n)) % key.n, key.size);
    return { message, blinded, inverse: ofSize(inverse(factor, key.n), key.size) };
  };
  const finalize = async (key, { message, inverse }, blindSignature, saltLength = 48) => {
    if (blindSignature.length !== key.size) throw refusal("signature");
    const signature = ofSize((number(blindSignature) * number(inverse)) % key.n, key.size);
    const isValid = await subtle.verify({ name: "RSA-PSS", saltLength }, key.verifier, signature, message);
    if (!isValid) throw refusal("signature");
    return signature;
  };

  // Messages; `survey` is 32 hexadecimal digits.
  const credential = (survey, keyId) => bytes(random(32), "survey-cred/v1\0", unhex(survey), keyId);
  const receiptOf = async (survey, nonce, body) =>
    digest("SHA-256", "survey-receipt/v1\0", unhex(survey), nonce, await digest("SHA-256", body));
  const fingerprint = async (survey, keyIds, envelopeId) => {
    const sorted = keyIds.map(hex).sort().map(unhex);
    return printed(await digest("SHA-256", "survey-keys/v1\0", unhex(survey), ...sorted, envelopeId), 32);
  };
  const seal = async (key, survey, body, size) => {
    const [cek, iv, nonce, said] = [random(32), random(12), random(32), bytes(body)];
    if (said.length > size) throw refusal("size");
    const content = bytes(nonce, ofSize(said.length, 4), said, new Uint8Array(size - said.length));
    const encrypt = async (form, raw, scheme, data) => {
      const imported = await subtle.importKey(form, raw, scheme, false, ["encrypt"]);
      return new Uint8Array(await subtle.encrypt(scheme, imported, data));
    };
    const locked = await encrypt("spki", key.der, { name: "RSA-OAEP", hash: "SHA-256" }, cek);
    const envelope = bytes(locked, iv, await encrypt("raw", cek, { name: "AES-GCM", iv }, content));
    return { nonce, envelope, receipt: await receiptOf(survey, nonce, said) };
  };
  const readCode = (typed) => {
    const code = typed.slice(0, 200).normalize("NFKC").replace(/[\s\-_.\u2010-\u2014]/g, "")
      .toUpperCase().replace(/O/g, "0").replace(/[IL]/g, "1");
    const values = Array.from(code, (letter) => ALPHABET.indexOf(letter));
    const sum = (total, value) => (total << 1) ^ (total & 16 ? 37 : 0) ^ value; // Horner's scheme in GF(32)
    if (values.length !== 13 || values.includes(-1) || values.reduce(sum, 0)) throw refusal("code");
    return code;
  };

  // Kept from before the first request until the ballot has arrived. One transaction reads and writes: of two tabs the
  // second goes on with what the first has kept. Where `step` gives nothing, what was kept is erased.
  const inStore = (work) =>
    new Promise((resolve, reject) => {
      const fail = () => reject(refusal("storage"));
      try {
        const asked = indexedDB.open("ballot-box", 1);
        asked.onupgradeneeded = () => asked.result.createObjectStore("voters");
        asked.onerror = fail;
        asked.onsuccess = () => {
          const database = asked.result;
          const transaction = database.transaction("voters", "readwrite", { durability: "strict" });
          let outcome;
          work(transaction.objectStore("voters"), (found) => (outcome = found));
          transaction.oncomplete = () => (database.close(), resolve(outcome));
          transaction.onabort = () => (database.close(), fail());
        };
      } catch (error) {
        fail();
      }
    });
  const change = (ticket, step) =>
    inStore((store, give) => {
      store.get(ticket).onsuccess = (event) => {
        const next = give(step(event.target.result));
        if (next) store.put(next, ticket);
        else store.delete(ticket);
      };
    });
  const post = async (url, message, field) => {
    try {
      const reply = await fetch(url, {
        method: "POST", body: JSON.stringify(message), headers: { "Content-Type": "application/json" },
        credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store", redirect: "error",
      });
      const said = reply.ok || reply.status === 409 ? await reply.json() : {};
      return { status: reply.status, data: unbase64(said[field] || "") };
    } catch (error) {
      throw refusal("network");
    }
  };

  // A poll is {survey, group, keyIds (of all groups), key (of this group; none: an open link), envelopeKey, …}.
  const readPoll = async ({ survey, keyIds, key, envelopeKey }, slip) => {
    const [group, envelope] = [key ? await readKey(key) : null, await readKey(envelopeKey)];
    if (group ? !keyIds.includes(base64(group.id)) : keyIds.length) throw refusal("fingerprint");
    const print = await fingerprint(survey, keyIds.map(unbase64), envelope.id);
    if (slip && slip.toUpperCase().replace(/-/g, "") !== print.replace(/-/g, "")) throw refusal("fingerprint");
    return { group, envelope, print };
  };

  // Gives the ticket for `cast`; the slip's fingerprint is absent where only the code was typed.
  const activate = async (poll, { code, slip, issueUrl }) => {
    const meant = readCode(code);
    const { group, print } = await readPoll(poll, slip);
    const ticket = print + hex(await digest("SHA-256", group.id, meant));
    const fresh = await blind(group, credential(poll.survey, group.id));
    const kept = await change(ticket, (found) => found || fresh);
    if (kept.signature) return ticket;
    const message = { survey: poll.survey, group: poll.group, code: meant, blinded: base64(kept.blinded) };
    const { status, data } = await post(issueUrl, message, "blind_sig");
    if (status === 409) await change(ticket, () => {}); // what is kept was never signed and never will be
    if (status !== 200) throw refusal("refused", status);
    const signature = await finalize(group, kept, data);
    await change(ticket, (found) => found && Object.assign(found, { signature, blinded: 0, inverse: 0 }));
    return ticket;
  };
  // Tickets of this group that were activated here and not cast yet.
  const activated = async (poll) => {
    const { group, print } = await readPoll(poll);
    const isOurs = (kept) => kept.signature && hex(kept.message.slice(-32)) === hex(group.id);
    return inStore((store, give) => {
      const tickets = give([]);
      store.openCursor().onsuccess = (event) => {
        const cursor = event.target.result;
        if (!cursor) return;
        if (cursor.key.startsWith(print) && isOurs(cursor.value)) tickets.push(cursor.key);
        cursor.continue();
      };
    });
  };
  // A ticket without a credential; the `earlier` one again as long as it has not been cast.
  const openTicket = async (poll, { slip, earlier }) => {
    const { print } = await readPoll(poll, slip);
    if (earlier && earlier.startsWith(print) && (await change(earlier, (found) => found))) return earlier;
    const ticket = print + hex(random(32));
    await change(ticket, () => ({ isOpen: true }));
    return ticket;
  };

  // Gives {receipt, earlier}; `earlier`: it is other answers, sent before these, that count.
  const cast = async (poll, { ticket, body, size, castUrl }) => {
    const { envelope, print } = await readPoll(poll);
    if (!ticket.startsWith(print)) throw refusal("fingerprint");
    const fresh = await seal(envelope, poll.survey, body, size);
    const isReady = (found) => found && (poll.key ? found.signature : found.isOpen);
    const kept = await change(ticket, (found) => (isReady(found) ? Object.assign(fresh, found) : found));
    if (!isReady(kept)) throw refusal("gone");
    const message = { survey: poll.survey, group: poll.group };
    if (poll.key) Object.assign(message, { prefix: base64(kept.message.slice(0, 32)), sig: base64(kept.signature) });
    Object.assign(message, { receipt: base64(kept.receipt), envelope: base64(kept.envelope) });
    const { status, data } = await post(castUrl, message, "receipt");
    if ((status !== 200 && status !== 409) || data.length !== 32) throw refusal("refused", status);
    await change(ticket, () => {});
    const given = await receiptOf(poll.survey, kept.nonce, bytes(body));
    return { receipt: printed(data, 20), earlier: hex(data) !== hex(given) };
  };

  const works = Boolean(window.isSecureContext && subtle && window.indexedDB);
  return Object.freeze({
    works, readKey, encode, blind, finalize, credential, receiptOf, printed, fingerprint, seal, readCode,
    activate, activated, openTicket, cast,
  });
})();
