// Times the Chinese number and date-time recognition of @microsoft/recognizers-text-suite. Standard input is a JSON array of
// texts; {"texts": N, "seconds": S} is printed for the second of two passes.
const { recognizeNumber, recognizeDateTime, Culture } = require("@microsoft/recognizers-text-suite");

const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const pass = () => {
  const begin = process.hrtime.bigint();
  for (const t of texts) {
    recognizeNumber(t, Culture.Chinese);
    recognizeDateTime(t, Culture.Chinese);
  }
  return Number(process.hrtime.bigint() - begin) / 1e9;
};
pass();
console.log(JSON.stringify({ texts: texts.length, seconds: pass() }));
