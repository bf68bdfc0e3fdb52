import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
var t="[redacted]",r=class{#t;constructor(n){this.#t=n}reveal(){return this.#t}toString(){return t}toJSON(){return t}[Symbol.toPrimitive](){return t}[Symbol.for("nodejs.util.inspect.custom")](){return t}};export{t as a,r as b};
