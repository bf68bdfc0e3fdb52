import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
var i=/(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?/g,s=/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]/g,r=/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,u=/#([\p{DI}\p{Cf}]*)#([\p{DI}\p{Cf}]*)\[/gu;var p=/^[\t\n -~]*$/,l=/^([^\S\n\p{DI}\p{Cf}]*(?:[\p{DI}\p{Cf}][^\S\n\p{DI}\p{Cf}]*)*):([\p{DI}\p{Cf}]*):/gmu;function x(n){return o(n).split(`
`)}function o(n){let e=f(n);return e!==void 0?e:n.replace(i,"").replace(/\r\n?/g,`
`).replace(s,"\uFFFD").replace(r,"\uFFFD").replace(l,"$1: $2:").replace(u,"# $1#$2[")}function f(n){return p.test(n)?(n.includes("::")?a(n):n).replaceAll("##[","# #["):void 0}function a(n){let e=`
${n}`.replaceAll(`
::`,`
: :`);return(e.includes(`
 `)||e.includes(`
	`)?e.replace(/\n([\t ]+)::/g,`
$1: :`):e).slice(1)}function d(n){let e=t=>[...t].map(c=>`\\u${c.charCodeAt(0).toString(16).padStart(4,"0")}`).join("");return(JSON.stringify(n,void 0,2)??"null").replace(/[\x7f-\x9f\u2028\u2029]/g,e).replace(r,e).replace(u,"#$1\\u0023$2[")}export{x as a,o as b,f as c,d};
