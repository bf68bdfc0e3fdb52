/** Words that the film source is made of: per language, by genre, and by what makes a film sensitive. */
export interface Vocabulary {
  readonly genres: Readonly<Record<string, readonly [string, ...string[]]>>
  /** Phrases that mostly stand in sensitive films. */
  readonly sensitive: readonly [string, ...string[]]
  /** Phrases that sound alike but stand in both kinds. */
  readonly ambiguous: readonly [string, ...string[]]
  readonly harmless: readonly [string, ...string[]]
  readonly people: readonly [string, ...string[]]
  readonly places: readonly [string, ...string[]]
  readonly titles: readonly [string, ...string[]]
  readonly sentence: (who: string, what: string, where: string) => string
}

export const VOCABULARY: Readonly<Record<'en' | 'es', Vocabulary>> = {
  en: {
    genres: {
      drama: [
        'mends a broken family',
        'returns to a fading town',
        'keeps a promise to a dying friend',
        'loses the farm',
      ],
      comedy: [
        'mixes up two weddings',
        'pretends to be a chef',
        'adopts eleven dogs',
        'wins a talent show by accident',
      ],
      thriller: [
        'finds a coded letter',
        'is followed through the night',
        'uncovers a silent witness',
        'has one hour to talk',
      ],
      documentary: [
        'films a vanishing glacier',
        'follows a school orchestra',
        'records the last weavers',
        'counts migrating birds',
      ],
      'science fiction': [
        'wakes on a drifting station',
        'repairs a lonely robot',
        'meets a copy of the past',
        'maps a hollow moon',
      ],
    },
    sensitive: [
      'tortures a captive on screen',
      'overdoses in a motel bathroom',
      'is shot at close range in a bloody raid',
      'sells heroin to children',
      'is assaulted after the party',
      'slits a throat in the final scene',
      'cuts herself to feel something',
      'runs a brutal prison fight ring',
      'burns the village with people inside',
      'is hanged before a cheering crowd',
    ],
    ambiguous: [
      'talks about an old war wound',
      'visits a prison for a school project',
      'drinks to forget the evening',
      'joins a boxing club',
      'hears a gunshot in the distance',
      'teaches a class on drug prevention',
    ],
    harmless: [
      'bakes bread with a neighbour',
      'learns to sail in the summer',
      'plants a garden on the roof',
      'sings in the village choir',
      'rides a bicycle across the country',
      'opens a small bookshop',
      'builds a kite for the festival',
      'rescues a stranded whale',
    ],
    people: [
      'a retired teacher',
      'a young nurse',
      'two brothers',
      'a shy clerk',
      'an old detective',
      'a stubborn girl',
    ],
    places: [
      'in a harbour town',
      'near the northern border',
      'in the big city',
      'on a quiet island',
      'by the railway',
    ],
    titles: [
      'The Long Road',
      'Paper Moons',
      'Night Bakery',
      'A Quiet Harbour',
      'Second Summer',
      'The Glass Field',
    ],
    sentence: (who, what, where) => `${where[0]?.toUpperCase()}${where.slice(1)}, ${who} ${what}.`,
  },
  es: {
    genres: {
      drama: [
        'vuelve a un pueblo olvidado',
        'cuida de un padre enfermo',
        'pierde la tierra de su familia',
        'cumple una promesa',
      ],
      comedy: [
        'confunde dos bodas',
        'finge ser cocinero',
        'adopta once perros',
        'gana un concurso por error',
      ],
      thriller: [
        'encuentra una carta cifrada',
        'huye durante la noche',
        'descubre un testigo mudo',
        'tiene una hora para hablar',
      ],
      documentary: [
        'filma un glaciar que desaparece',
        'sigue a una orquesta escolar',
        'retrata a las tejedoras',
        'cuenta aves',
      ],
      'science fiction': [
        'despierta en una estación',
        'repara un robot solitario',
        'conoce una copia del pasado',
        'explora una luna',
      ],
    },
    sensitive: [
      'tortura a un cautivo ante la cámara',
      'sufre una sobredosis en un motel',
      'muere a tiros en una redada sangrienta',
      'vende heroína a menores',
      'es agredida después de la fiesta',
      'degüella a su rival en la última escena',
      'se corta los brazos a escondidas',
      'dirige peleas brutales en la cárcel',
      'quema la aldea con la gente dentro',
      'es ahorcado ante la multitud',
    ],
    ambiguous: [
      'habla de una vieja herida de guerra',
      'visita una cárcel con su clase',
      'bebe para olvidar la tarde',
      'se apunta a un club de boxeo',
      'oye un disparo a lo lejos',
      'da clases sobre prevención de drogas',
    ],
    harmless: [
      'hornea pan con una vecina',
      'aprende a navegar en verano',
      'planta un jardín en la azotea',
      'canta en el coro del pueblo',
      'cruza el país en bicicleta',
      'abre una pequeña librería',
      'construye una cometa para la fiesta',
      'rescata una ballena varada',
    ],
    people: [
      'una maestra jubilada',
      'un joven enfermero',
      'dos hermanos',
      'una oficinista',
      'un viejo detective',
      'una niña terca',
    ],
    places: [
      'en un puerto',
      'cerca de la frontera',
      'en la gran ciudad',
      'en una isla tranquila',
      'junto al tren',
    ],
    titles: [
      'El camino largo',
      'Lunas de papel',
      'La panadería',
      'Un puerto tranquilo',
      'Segundo verano',
      'Campo de cristal',
    ],
    sentence: (who, what, where) => `${where[0]?.toUpperCase()}${where.slice(1)}, ${who} ${what}.`,
  },
}
