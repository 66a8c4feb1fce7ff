/**
 * Words of Paxos's problems and of HTTP's status texts. Only these words of a refusal's title are kept. Any other word may be a name, an
 * address or a number of the person in the request.
 */
const KNOWN_WORDS = new Set(
  (
    'a about account accounts address allowed already and another argument at be bad blank body cannot client com conflict content could country ' +
    'credentials customer data date denied details developer docs document documents does due duplicate email entity enabled endpoint ' +
    'error errors exceeded exist existing exists failed failure field fields first for forbidden format found from funds gateway gone has ' +
    'have https id identity identities in insufficient internal invalid is it its large last length limit malformed many match matching method ' +
    'missing must name no not number of on one only or parameter paxos permission phone please precondition problem problems processable ' +
    'profile query rate ref reference refused rejected request requests required resource scope server service status supported temporarily ' +
    'the there this timeout to token too type types unacceptable unauthorized unavailable unique unknown unprocessable unsupported update ' +
    'user v1 v2 validation value values with wrong ' +
    // Words of refusals of accounts, orders and transfers.
    'active amount asset available balance base below brokerage buy closed create currency disabled enhanced expired filled frozen granted inactive ' +
    'kyc length limits long market maximum member minimum open order orders pending price profiles quantity quote range scopes sell short size small ' +
    'step suspended trade trading transfer transfers unable valid verified'
  ).split(' '),
)

/** The known words of a title in their order, with `…` for others. Null when it has no known word. */
export function knownWords(text: string | undefined): string | null {
  const words = text?.match(/[\p{L}\p{N}]+/gu)?.slice(0, 20) ?? []
  if (!words.some(isKnown)) return null
  return words
    .map((word) => (isKnown(word) ? word : '…'))
    .join(' ')
    .replaceAll(/…( …)+/g, '…')
}

/** The problem's type URI when it has only known words, else null. */
export function typeOfKnownWords(type: string | undefined): string | null {
  const words = type?.match(/[\p{L}\p{N}]+/gu) ?? []
  return type && type.length <= 200 && words.every(isKnown) ? type : null
}

function isKnown(word: string): boolean {
  return KNOWN_WORDS.has(word.toLowerCase())
}
