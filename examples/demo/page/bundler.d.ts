// What the bundler understands and the compiler has to be told.

/** A file's own text, for showing it (start.js). */
declare module '*?source' {
  const text: string
  export default text
}
declare module '*.css'
