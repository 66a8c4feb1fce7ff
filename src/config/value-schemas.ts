import ipaddr from 'ipaddr.js'
import { z } from 'zod'

/** Comma-separated values. Blanks around them are ignored. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
)
/** Addresses and ranges in CIDR notation, comma-separated. A single address becomes the range of that address alone. */
export const addressRanges = list.transform((items, context) => {
  const ranges = items.map((item) =>
    ipaddr.isValid(item) && !item.includes('/') ? `${item}/${ipaddr.parse(item).kind() === 'ipv4' ? 32 : 128}` : item,
  )
  if (ranges.length > 0 && ranges.every((range) => ipaddr.isValidCIDR(range))) return ranges
  context.addIssue('must list addresses and ranges such as 203.0.113.7 or 203.0.113.0/24, separated by commas')
  return []
})
export const port = z.coerce.number('must be a port number').int().min(0).max(65_535)
export const positive = z.coerce.number('must be a number').int('must be a whole number').positive('must be more than 0')
/** Kept byte for byte: an application may know only the address with a final slash. */
export const httpUrl = z.url({ protocol: /^https?$/, message: 'must be an http:// or https:// URL' })
/** A name or token for a header: a blank or line end around it (a secret made with `echo`) could never be sent. */
export const headerSecret = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]*$/, 'may hold only visible ASCII characters')
  .min(16, 'must have at least 16 characters')
/** A Standard Webhooks secret: `whsec_` and the key in base64. The specification wants at least 24 bytes. */
export const signingSecret = (message: string): z.ZodString =>
  z.string().refine((text) => {
    const key = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1]
    return key !== undefined && Buffer.from(key, 'base64').length >= 24
  }, message)
