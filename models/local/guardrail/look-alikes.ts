const cyrillic = 'аеорсухіјѕһԁԛԝӏАВЕКМНОРСТХУІЈЅԌԚԜӀ';
const cyrillicLatin = 'aeopcyxijshdqwlABEKMHOPCTXYIJSGQWI';
const greek = 'ονικρυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ';
const greekLatin = 'ovikpuxABEZHIKMNOPTYX';

/**
 * Cyrillic and Greek letters that most typefaces draw as a Latin one: from Unicode's confusables (UTS #39) those of one
 * letter each. Every other letter is left as it is.
 */
export const lookAlikes: ReadonlyMap<string, string> = new Map([
  ...pairs(cyrillic, cyrillicLatin),
  ...pairs(greek, greekLatin),
]);

function pairs(letters: string, latin: string): [string, string][] {
  return [...letters].map((letter, at) => [letter, latin[at]!]);
}
