import { describe, expect, it } from 'vitest'
import { html } from '../../src/pages/html.ts'

describe('a template', () => {
  it('escapes inserted values in text and in attributes, and nothing else', () => {
    const evil = `<script>"'&</script>`
    expect(html`<p title="${evil}">${evil}</p>`.text).toBe(
      '<p title="&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;">&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;</p>',
    )
  })

  it('inserts its own markup unchanged, joins lists, and shows nothing for null', () => {
    const rows = ['<a>', 'b'].map((text) => html`<li>${text}</li>`)
    expect(html`<ul>${rows}${null}${undefined}${false}${0}</ul>`.text).toBe('<ul><li>&lt;a&gt;</li><li>b</li>0</ul>')
  })
})
