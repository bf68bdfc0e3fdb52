// Runs in the page that is measured, not in Node.

/** Width of the page, and what reaches beyond the screen without a scroll bar of its own. */
globalThis.measureWidths = () => {
  const width = document.documentElement.clientWidth
  const wide = [...document.querySelectorAll('main *')].filter((element) => {
    if (element.closest('.scroll') !== null && !element.classList.contains('scroll')) return false
    if (element.closest('svg') !== null && element.tagName !== 'svg') return false
    return element.getBoundingClientRect().right > width + 0.5
  })
  return { page: document.documentElement.scrollWidth, wide: wide.map((e) => `${e.tagName}.${e.className}`) }
}

/** Marks are what carries data: lines, dots and texts beside the axes. */
globalThis.measureFigures = () => {
  return [...document.querySelectorAll('figure svg')].map((svg) => {
    const card = svg.closest('section')
    const marks = [...svg.querySelectorAll('path, circle, line')].filter(
      (mark) => mark.closest('[aria-label*="axis"]') === null,
    )
    const unseen = marks.filter((mark) => {
      const { stroke, fill } = getComputedStyle(mark)
      const box = mark.getBoundingClientRect()
      const painted = [stroke, fill].some((paint) => paint !== 'none' && paint !== 'rgba(0, 0, 0, 0)')
      return !painted || (box.width === 0 && box.height === 0)
    })
    return {
      title: card?.querySelector('h2')?.textContent ?? '',
      marks: marks.length,
      width: svg.getBoundingClientRect().width,
      unseen: unseen.map((mark) => mark.outerHTML.slice(0, 120)),
    }
  })
}

/** Every text on the page with its contrast against what is painted behind it. */
globalThis.measureTexts = () => {
  const channels = (color) => (color.match(/[\d.]+/g) ?? []).map(Number)
  /** Relative luminance of WCAG 2.2. */
  const luminance = (color) => {
    const [r = 0, g = 0, b = 0] = channels(color)
      .slice(0, 3)
      .map((channel) => {
        const share = channel / 255
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    for (let here = element; here !== null; here = here.parentElement) {
      const { backgroundColor } = getComputedStyle(here)
      if (channels(backgroundColor)[3] !== 0) return backgroundColor
    }
    return 'rgb(255, 255, 255)'
  }
  const found = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement
    const text = node.textContent?.trim() ?? ''
    if (element === null || text === '' || element.closest('style') !== null) continue
    const style = getComputedStyle(element)
    const ink = element.closest('svg') === null ? style.color : style.fill
    const [bright = 0, dark = 0] = [luminance(ink), luminance(behind(element))].sort((a, b) => b - a)
    const contrast = Math.round(((bright + 0.05) / (dark + 0.05)) * 100) / 100
    found.push({ where: element.tagName.toLowerCase(), text: text.slice(0, 40), contrast })
  }
  return found
}

/** How much lighter the ground is than the text, of 765. */
globalThis.measureTheme = () => {
  const sum = (color) =>
    (color.match(/\d+/g) ?? []).slice(0, 3).reduce((total, part) => total + Number(part), 0)
  const { backgroundColor, color } = getComputedStyle(document.body)
  return sum(backgroundColor) - sum(color)
}

/** The text of the observed difference, and what other texts it lies on. */
globalThis.measureObserved = () => {
  const texts = [...document.querySelectorAll('svg text')].filter((one) => one.textContent.trim() !== '')
  const observed = texts.find((one) => one.textContent.includes('observed'))
  const mine = observed.getBoundingClientRect()
  const plot = observed.closest('svg').getBoundingClientRect()
  const covered = texts.filter((one) => {
    const box = one.getBoundingClientRect()
    const apart =
      box.left >= mine.right || box.right <= mine.left || box.top >= mine.bottom || box.bottom <= mine.top
    return one !== observed && !apart
  })
  return {
    text: observed.textContent,
    covered: covered.map((one) => one.textContent),
    inside: mine.left >= plot.left && mine.right <= plot.right,
  }
}
