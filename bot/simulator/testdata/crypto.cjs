// Answers each line of JSON on standard input with one on standard output, by npm's @wecom/crypto.
const crypto = require('@wecom/crypto')
const lines = require('node:readline').createInterface({ input: process.stdin })

const does = {
  encrypt: (q) => crypto.encrypt(q.key, q.text, q.id),
  decrypt: (q) => {
    const out = crypto.decrypt(q.key, q.text)
    return JSON.stringify({ text: out.message, id: out.id })
  },
  sign: (q) => crypto.getSignature(q.token, q.timestamp, q.nonce, q.text),
}

lines.on('line', (line) => {
  const q = JSON.parse(line)
  console.log(JSON.stringify(does[q.does](q)))
})
