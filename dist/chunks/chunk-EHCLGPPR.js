import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a as t}from"./chunk-HC7IA6HH.js";import{b as e}from"./chunk-YWLRXK6I.js";function c({env:r,http:i,clock:m,random:n,signals:o},u){return new e(t(r,u),{http:i,clock:m,random:n,signal:o.cancelled})}export{c as a};
