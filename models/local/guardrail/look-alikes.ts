const cyrillic = 'аеорсухіјѕһԁԛԝӏкмтАВЕКМНОРСТХУІЈЅԌԚԜӀ';
const cyrillicLatin = 'aeopcyxijshdqwlkmtABEKMHOPCTXYIJSGQWI';
const greek = 'ονικρυχασγεητωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ';
const greekLatin = 'ovikpuxaoyentwABEZHIKMNOPTYX';

/**
 * Cyrillic and Greek letters that most typefaces draw as a Latin one: from Unicode's confusables (UTS #39) those of one
 * letter each, and the few small letters that are as often written for one. Every other letter is left as it is.
 */
export const lookAlikes: ReadonlyMap<string, string> = new Map([
  ...pairs(cyrillic, cyrillicLatin),
  ...pairs(greek, greekLatin),
]);

function pairs(letters: string, latin: string): [string, string][] {
  return [...letters].map((letter, at) => [letter, latin[at]!]);
}
